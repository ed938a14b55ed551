// The resolver against a real DNS server with signed zones.
#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/dns/signed_server_testing.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr auto patience = 60s;

constexpr const char* records = R"(
@ IN MX 20 mx2
@ IN MX 10 MX1
@ IN TXT "v=spf1 " "ip4:192.0.2.0/24 " "-all"
@ IN TXT "another"
mx1 IN A 192.0.2.1
mx1 IN AAAA 2001:db8::1
alias IN CNAME mx1
away IN CNAME host.plain.test.
_25._tcp.mx1 IN TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
_submissions._tcp IN SRV 20 0 465 spare
_submissions._tcp IN SRV 10 5 465 main
_pop3._tcp IN SRV 0 0 0 .
)";

class DnssecTest : public ::testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {
    if (!testing::SignedServer::missing().empty()) {
      return;
    }
    server_ = std::make_unique<testing::SignedServer>();
    server_->add_signed("signed.test", records);
    std::string text;
    for (int i = 0; i < 12; ++i) {
      text += " \"" + std::string(250, static_cast<char>('a' + i)) + '"';
    }
    server_->add_signed("hashed.test", "long IN TXT" + text + "\n", "-n");  // NSEC3
    server_->add_signed("forged.test", "@ IN TXT \"the truth\"\n@ IN MX 10 mx\n", "", "the truth", "a lie");
    server_->add_signed("expired.test", "@ IN TXT \"old\"\n", "-i 20200101000000 -e 20200201000000");
    server_->add_unsigned("plain.test", "@ IN TXT \"plain\"\nhost IN A 192.0.2.7\n");
    server_->add_unsigned("2.0.192.in-addr.arpa", "1 IN PTR MX1.signed.test.\n2 IN PTR a.test.\n2 IN PTR b.test.\n");
    server_->add_signed("8.b.d.0.1.0.0.2.ip6.arpa",
                        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 IN PTR mx1.signed.test.\n");
    server_->start();
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (server_ == nullptr) {
      GTEST_SKIP() << "not installed: " << testing::SignedServer::missing();
    }
    resolver_ = std::make_unique<SystemResolver>(
        ResolverOptions{.server = server_->address(), .trust_anchors = server_->anchors()});
  }
  void both(UniqueFunction body) {
    if (GetParam()) {
      run(std::move(body));
    } else {
      body();
    }
  }

  // What a look-up throws.
  template <class F>
  static std::string error_of(F&& look_up, Errc wanted, bool retryable) {
    try {
      look_up();
    } catch (const Error& error) {
      EXPECT_EQ(error.errc(), wanted) << error.what();
      EXPECT_EQ(error.retryable(), retryable) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }

  static inline std::unique_ptr<testing::SignedServer> server_;
  std::unique_ptr<SystemResolver> resolver_;
};
INSTANTIATE_TEST_SUITE_P(Modes, DnssecTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "fiber" : "thread"; });

TEST_P(DnssecTest, ValidSignaturesAreSecure) {
  both([&] {
    const auto mx = resolver_->mx("signed.test", patience);
    EXPECT_TRUE(mx.secure());
    EXPECT_THAT(mx.records, ElementsAre(MxRecord{10, "mx1.signed.test"}, MxRecord{20, "mx2.signed.test"}));
    EXPECT_EQ(mx.canonical_name, "signed.test");
    EXPECT_TRUE(resolver_->a("mx1.signed.test.", patience).secure());
    EXPECT_THAT(resolver_->aaaa("MX1.signed.test", patience).records, ElementsAre(Address("2001:db8::1", 0)));
  });
}

TEST_P(DnssecTest, UnsignedZonesAreInsecure) {
  both([&] {
    const auto text = resolver_->txt("plain.test", patience);
    EXPECT_EQ(text.dnssec, Dnssec::insecure);
    EXPECT_THAT(text.records, ElementsAre("plain"));
  });
}

TEST_P(DnssecTest, ForgedRecordsAreBogus) {
  both([&] {
    const std::string why = error_of([&] { resolver_->txt("forged.test", patience); }, Errc::bogus, true);
    EXPECT_THAT(why, HasSubstr("forged.test (TXT) is bogus: validation failure"));
    EXPECT_THAT(resolver_->mx("forged.test", patience).records, ElementsAre(MxRecord{10, "mx.forged.test"}));
  });
}

TEST_P(DnssecTest, ExpiredSignaturesAreBogus) {
  // All of that zone has expired, even the signature of the key that is anchored.
  SystemResolver strict({.server = server_->address(), .trust_anchors = server_->anchors(), .require_dnssec = true});
  both([&] {
    const std::string why = error_of([&] { strict.txt("expired.test", patience); }, Errc::bogus, true);
    EXPECT_THAT(why, HasSubstr("expired"));
    EXPECT_FALSE(resolver_->txt("expired.test", patience).secure());
  });
}

TEST_P(DnssecTest, NegativeAnswers) {
  both([&] {
    const auto none = resolver_->txt("mx1.signed.test", patience);
    EXPECT_THAT(none.records, IsEmpty());
    EXPECT_TRUE(none.secure()) << "that there is none is signed, too";
    EXPECT_FALSE(resolver_->mx("host.plain.test", patience).secure());
    EXPECT_TRUE(resolver_->mx("long.hashed.test", patience).secure());
    EXPECT_EQ(error_of([&] { resolver_->txt("none.signed.test", patience); }, Errc::name_not_found, false),
              "no such name: none.signed.test");
    error_of([&] { resolver_->tlsa("mx2.signed.test", 25, patience); }, Errc::name_not_found, false);
  });
}

TEST_P(DnssecTest, TextsOfSeveralStrings) {
  both([&] {
    EXPECT_THAT(resolver_->txt("signed.test", patience).records,
                UnorderedElementsAre("v=spf1 ip4:192.0.2.0/24 -all", "another"));
  });
}

TEST_P(DnssecTest, LongAnswersComeOverTcp) {
  both([&] {
    const auto text = resolver_->txt("long.hashed.test", patience);
    ASSERT_EQ(text.size(), 1U);
    EXPECT_EQ(text.front().size(), 12U * 250);
    EXPECT_EQ(text.front().front(), 'a');
    EXPECT_EQ(text.front().back(), 'l');
    EXPECT_TRUE(text.secure());
  });
}

TEST_P(DnssecTest, AliasesAreAsSecureAsTheirWeakestLink) {
  both([&] {
    const auto near = resolver_->a("alias.signed.test", patience);
    EXPECT_TRUE(near.secure());
    EXPECT_EQ(near.canonical_name, "mx1.signed.test");
    EXPECT_THAT(near.records, ElementsAre(Address("192.0.2.1", 0)));
    const auto far = resolver_->a("away.signed.test", patience);
    EXPECT_FALSE(far.secure());
    EXPECT_EQ(far.canonical_name, "host.plain.test");
    EXPECT_THAT(far.records, ElementsAre(Address("192.0.2.7", 0)));
  });
}

TEST_P(DnssecTest, NamesOfAddresses) {
  both([&] {
    const auto four = resolver_->ptr(Address("192.0.2.1", 25), patience);
    EXPECT_THAT(four.records, ElementsAre("mx1.signed.test"));
    EXPECT_FALSE(four.secure());
    EXPECT_THAT(resolver_->ptr(Address("192.0.2.2", 0), patience).records, UnorderedElementsAre("a.test", "b.test"));
    const auto six = resolver_->ptr(Address("2001:db8::1", 0), patience);
    EXPECT_THAT(six.records, ElementsAre("mx1.signed.test"));
    EXPECT_TRUE(six.secure());
    error_of([&] { resolver_->ptr(Address("192.0.2.9", 0), patience); }, Errc::name_not_found, false);
  });
}

TEST_P(DnssecTest, Services) {
  both([&] {
    const auto hosts = resolver_->srv("_submissions._tcp.signed.test", patience);
    EXPECT_THAT(hosts.records,
                ElementsAre(SrvRecord{10, 5, 465, "main.signed.test"}, SrvRecord{20, 0, 465, "spare.signed.test"}));
    EXPECT_TRUE(hosts.secure());
    EXPECT_THAT(resolver_->srv("_pop3._tcp.signed.test", patience).records, ElementsAre(SrvRecord{0, 0, 0, "."}));
  });
}

TEST_P(DnssecTest, CertificateAssociations) {
  both([&] {
    const auto tlsa = resolver_->tlsa("mx1.signed.test", 25, patience);
    EXPECT_TRUE(tlsa.secure());
    ASSERT_EQ(tlsa.size(), 1U);
    EXPECT_EQ(tlsa[0].usage, 3);
    EXPECT_EQ(tlsa[0].selector, 1);
    EXPECT_EQ(tlsa[0].matching_type, 1);
    EXPECT_EQ(tlsa[0].data.substr(0, 8), "\x01\x23\x45\x67\x89\xab\xcd\xef");
    EXPECT_EQ(tlsa[0].data.size(), 32U);
  });
}

TEST_P(DnssecTest, AddressesToConnectTo) {
  both([&] {
    EXPECT_THAT(resolver_->addresses("mx1.signed.test", 25, patience),
                UnorderedElementsAre(Address("192.0.2.1", 25), Address("2001:db8::1", 25)));
  });
}

TEST_P(DnssecTest, WithoutTrustAnchorsNothingIsSecure) {
  SystemResolver trusting({.server = server_->address(), .trust_anchors = ""});
  both([&] {
    EXPECT_FALSE(trusting.mx("signed.test", patience).secure());
    EXPECT_THAT(trusting.txt("forged.test", patience).records, ElementsAre("a lie"));
  });
}

}  // namespace
}  // namespace posthouse::net
