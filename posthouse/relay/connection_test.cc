// Connections as DANE, MTA-STS and REQUIRETLS ask for them: with a real DNS server, real TLS, real certificates.
#include "posthouse/relay/connection.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "tests/support/authority.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/net/dns/signed_server_testing.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/tls_testing.h"
#include "posthouse/relay/testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Mode = StsPolicy::Mode;

/// A mail host that gets as far as the second EHLO.
class TlsPeer {
 public:
  enum class Way { starttls, none, broken };
  explicit TlsPeer(const test::IssuedCertificate& files, Way way = Way::starttls, std::string extension = "SIZE")
      : way_(way),
        extension_(std::move(extension)),
        context_(net::server_context(files)),
        listener_(net::listen("127.0.0.1:0")) {
    scope_.spawn([this] { net::serve(listener_, [this](net::Stream& stream) { talk(stream); }); });
  }
  ~TlsPeer() {
    listener_.close();
    scope_.cancel();
  }
  net::Address address() const { return listener_.local_address(); }
  std::atomic<int> sessions{0};

 private:
  void talk(net::Stream& stream) {
    ++sessions;
    stream.set_timeout(20s);
    stream.write("220 x ESMTP\r\n");
    while (const auto line = stream.read_line()) {
      if (*line == "STARTTLS") {
        stream.write("220 go\r\n");
        if (way_ == Way::broken) {
          stream.write("this is no TLS at all, and never will be\r\n");
          return;
        }
        stream.start_tls_server(context_);
      } else if (line->starts_with("EHLO")) {
        const bool offered = way_ != Way::none && !stream.is_tls();
        stream.write("250-x\r\n250-" + extension_ + (offered ? "\r\n250 STARTTLS\r\n" : "\r\n250 HELP\r\n"));
      } else {
        stream.write("221 bye\r\n");
        return;
      }
    }
  }
  Way way_;
  std::string extension_;
  net::TlsContext context_;
  net::Listener listener_;
  net::Scope scope_;
};
using Way = TlsPeer::Way;

/// A resolver whose hosts are where the test has put them; all else it asks another about.
class Placed final : public net::Resolver {
 public:
  explicit Placed(net::Resolver& real) : real_(real) {}
  std::map<std::string, net::Address> at;
  std::vector<net::Address> addresses(const std::string& host, std::uint16_t port, net::Deadline deadline) override {
    const auto found = at.find(host);
    return found != at.end() ? std::vector{found->second} : real_.addresses(host, port, deadline);
  }
  net::DnsAnswer<std::string> query(const std::string& name, net::DnsType type, net::Deadline deadline) override {
    return real_.query(name, type, deadline);
  }

 private:
  net::Resolver& real_;
};

/// The first certificate that a server with `files` shows, or a later one of its chain.
net::CertificateInfo shown(const test::IssuedCertificate& files, std::size_t place = 0) {
  auto [client, server] = net::tls_pair(net::TlsContext::client({.verify = false}), net::server_context(files));
  return client.tls()->peer_chain.at(place);
}

std::string other_digest(std::string digest) {
  digest[0] = digest[0] == '0' ? '1' : '0';
  return digest;
}

class ConnectionTest : public ::testing::Test {
 protected:
  /// The end of an attempt: the connection, or why there is none.
  struct Outcome {
    std::optional<Connected> connected{};
    Verdict verdict{};
  };
  /// How the letter would go: "verified", "encrypted", "plain"; or "refused".
  static std::string way_of(Outcome outcome) {
    if (!outcome.connected) {
      return "refused";
    }
    const auto info = outcome.connected->client.stream().tls();
    return !info ? "plain" : info->verified ? "verified" : "encrypted";
  }

  Outcome connect(std::vector<Hop> hops, net::Resolver& resolver, LetterTls letter = LetterTls::as_published) {
    smtp::ClientOptions options;
    options.local_name = "mail.one.test";
    options.tls_context = any_;
    options.timeouts.connect = 10s;
    options.timeouts.greeting = options.timeouts.command = 10s;
    try {
      return {connect_to(hops, resolver, options, rules, letter)};
    } catch (const NoHost& none) {
      return {{}, none.verdict()};
    }
  }

  std::vector<std::string> failures() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> texts;
    for (const TlsSession& session : sessions_) {
      texts.push_back(std::string(to_string(session.policy)) + ' ' +
                      (session.failure.empty() ? "good" : session.failure));
    }
    sessions_.clear();
    return texts;
  }

  TlsRules rules{.on_session = [this](const TlsSession& session) {
    const std::lock_guard lock(mutex_);
    sessions_.push_back(session);
  }};
  test::Authority authority;
  test::IssuedCertificate good_ = authority.issue({.names = {"mx.two.test"}});

 private:
  std::mutex mutex_;
  std::vector<TlsSession> sessions_;
  net::TlsContext any_ = net::TlsContext::client({.verify = false});
};

// DANE, by a DNS server with a signed zone.

class DaneConnection : public ConnectionTest {
 protected:
  void SetUp() override {
    if (!net::testing::SignedServer::missing().empty()) {
      GTEST_SKIP() << "not installed: " << net::testing::SignedServer::missing();
    }
    old_ = authority.issue({.names = {"elsewhere.test"}, .from_days = -20, .to_days = -10});
    add_host("ee", "3 1 1 " + shown(old_).key_fingerprint);
    add_host("wrong", "3 1 1 " + other_digest(shown(old_).key_fingerprint));
    add_host("web", "1 1 1 " + shown(old_).key_fingerprint);
    add_host("odd", "3 1 7 00");
    add_host("bare", "");
    add_host("roll", "3 1 1 " + other_digest(shown(old_).key_fingerprint));
    zone_ += "_25._tcp.mx.roll IN TLSA 3 0 1 " + shown(old_).fingerprint + "\n";

    for (const auto& [name, in_certificate] : std::map<std::string, std::string>{
             {"ta", "mx.ta.two.test"}, {"tadomain", "tadomain.two.test"}, {"taother", "mx.three.test"}}) {
      by_house_[name] = house_.issue({.names = {in_certificate}});
      add_host(name, "2 0 1 " + shown(by_house_[name], 1).fingerprint);
    }
    by_house_["taold"] = house_.issue({.names = {"mx.taold.two.test"}, .from_days = -20, .to_days = -10});
    add_host("taold", "2 1 1 " + shown(by_house_["taold"], 1).key_fingerprint);

    zone_ += "bogus IN MX 10 mx.forged.test.\nbogus IN MX 20 mx.ee\n";
    server_.add_signed("two.test", zone_);
    server_.add_signed("forged.test",
                       "mx IN A 127.0.0.1\n_25._tcp.mx IN TLSA 3 1 1 " + shown(old_).key_fingerprint + "\n", "",
                       "TLSA\t3 1 1", "TLSA\t2 1 1");
    server_.add_unsigned("plain.test", "@ IN MX 10 mx\nmx IN A 127.0.0.1\n_25._tcp.mx IN TLSA 3 1 1 " +
                                           other_digest(shown(old_).key_fingerprint) + "\n");
    server_.start();
    dns_ = std::make_unique<net::SystemResolver>(
        net::ResolverOptions{.server = server_.address(), .trust_anchors = server_.anchors()});
    resolver_ = std::make_unique<Placed>(*dns_);
  }
  void add_host(const std::string& name, const std::string& record) {
    zone_ += name + " IN MX 10 mx." + name + "\nmx." + name + " IN A 127.0.0.1\n";
    if (!record.empty()) {
      zone_ += "_25._tcp.mx." + name + " IN TLSA " + record + "\n";
    }
  }
  /// How mail for `domain` goes when `peer` is its host.
  Outcome mail_for(const std::string& domain, const TlsPeer& peer, LetterTls letter = LetterTls::as_published) {
    resolver_->at["mx." + domain] = peer.address();
    return connect(hosts_of({.domain = domain}, *resolver_, "mail.one.test", 30s), *resolver_, letter);
  }

  test::Authority house_ = authority.intermediate({.common_name = "House CA"});
  test::IssuedCertificate old_{};
  std::map<std::string, test::IssuedCertificate> by_house_{};
  std::string zone_{};
  net::testing::SignedServer server_;
  std::unique_ptr<net::SystemResolver> dns_;
  std::unique_ptr<Placed> resolver_;
};

TEST_F(DaneConnection, TheCertificateOfARecordCountsWhateverItsNameAndDates) {
  net::run([&] {
    TlsPeer peer(old_);
    EXPECT_EQ(way_of(mail_for("ee.two.test", peer)), "verified");
    EXPECT_EQ(way_of(mail_for("roll.two.test", peer)), "verified") << "one of two records is enough";
    EXPECT_THAT(failures(), ElementsAre("tlsa good", "tlsa good"));
  });
}

TEST_F(DaneConnection, AnyOtherCertificateIsRefusedForNow) {
  net::run([&] {
    TlsPeer peer(good_);
    const Outcome refused = mail_for("wrong.two.test", peer);
    ASSERT_FALSE(refused.connected);
    EXPECT_EQ(refused.verdict.kind, Verdict::Kind::temporary);
    EXPECT_EQ(refused.verdict.status, "4.7.5");
    EXPECT_THAT(refused.verdict.text, HasSubstr("the TLSA records of mx.wrong.two.test ask for it"));
    EXPECT_THAT(failures(), ElementsAre("tlsa validation-failure"));
    EXPECT_EQ(peer.sessions, 1) << "there is no second try without TLS";
    EXPECT_EQ(way_of(mail_for("wrong.two.test", peer, LetterTls::not_required)), "encrypted");
    rules.dane = false;
    EXPECT_EQ(way_of(mail_for("wrong.two.test", peer)), "encrypted");
  });
}

TEST_F(DaneConnection, AHostWithRecordsMustOfferTls) {
  net::run([&] {
    TlsPeer clear(old_, Way::none);
    EXPECT_EQ(mail_for("ee.two.test", clear).verdict.status, "4.7.4");
    EXPECT_THAT(mail_for("web.two.test", clear).verdict.text, HasSubstr("none is usable"));
    TlsPeer broken(old_, Way::broken);
    EXPECT_EQ(mail_for("ee.two.test", broken).verdict.status, "4.7.5");
    EXPECT_EQ(broken.sessions, 1);
    EXPECT_THAT(failures(),
                ElementsAre("tlsa starttls-not-supported", "tlsa starttls-not-supported", "tlsa validation-failure"));
    EXPECT_EQ(way_of(mail_for("bare.two.test", clear)), "plain") << "it has none";
  });
}

TEST_F(DaneConnection, RecordsThatAreOfNoUseTakeAnyCertificate) {
  net::run([&] {
    TlsPeer peer(good_);
    EXPECT_EQ(way_of(mail_for("web.two.test", peer)), "encrypted");
    EXPECT_EQ(way_of(mail_for("odd.two.test", peer)), "encrypted");
    EXPECT_THAT(failures(), ElementsAre("tlsa tlsa-invalid", "tlsa tlsa-invalid"));
  });
}

TEST_F(DaneConnection, AnAuthorityOfARecordCountsForTheHostsNames) {
  net::run([&] {
    const auto way = [&](const std::string& name) {
      TlsPeer peer(by_house_[name]);
      return way_of(mail_for(name + ".two.test", peer));
    };
    EXPECT_EQ(way("ta"), "verified");
    EXPECT_EQ(way("tadomain"), "verified") << "RFC 7672 section 3.2.2: the domain's name will do";
    EXPECT_EQ(way("taother"), "refused");
    EXPECT_EQ(way("taold"), "refused");
    EXPECT_THAT(failures(),
                ElementsAre("tlsa good", "tlsa good", "tlsa certificate-host-mismatch", "tlsa certificate-expired"));
  });
}

TEST_F(DaneConnection, AHostWhoseRecordsAreForgedIsPassedOver) {
  net::run([&] {
    TlsPeer forged(old_);
    TlsPeer second(old_);
    resolver_->at["mx.forged.test"] = forged.address();
    resolver_->at["mx.ee.two.test"] = second.address();
    const auto hops = hosts_of({.domain = "bogus.two.test"}, *resolver_, "mail.one.test", 30s);
    ASSERT_THAT(hops, SizeIs(2));
    EXPECT_TRUE(hops[0].secure_mx);
    const Outcome outcome = connect(hops, *resolver_);
    ASSERT_TRUE(outcome.connected);
    EXPECT_EQ(outcome.connected->host, "mx.ee.two.test");
    EXPECT_EQ(outcome.connected->hop, 1U);
    EXPECT_EQ(forged.sessions, 0);
    EXPECT_THAT(failures(), ElementsAre("tlsa dnssec-invalid", "tlsa good"));
    const Outcome alone = connect({hops[0]}, *resolver_);
    EXPECT_EQ(alone.verdict.status, "4.7.5");
    EXPECT_EQ(alone.verdict.kind, Verdict::Kind::temporary);
  });
}

TEST_F(DaneConnection, WhatIsNotSignedCountsForNothing) {
  net::run([&] {
    TlsPeer peer(good_);
    EXPECT_EQ(way_of(mail_for("plain.test", peer)), "encrypted");
    EXPECT_THAT(failures(), ElementsAre("no-policy-found good"));
  });
}

TEST_F(DaneConnection, ALetterThatRequiresTlsGoesOnlyWhereItIsHandedOn) {
  net::run([&] {
    TlsPeer silent(old_);
    const Outcome refused = mail_for("ee.two.test", silent, LetterTls::required);
    EXPECT_EQ(refused.verdict.kind, Verdict::Kind::permanent);
    EXPECT_EQ(refused.verdict.status, "5.7.30");
    TlsPeer promises(old_, Way::starttls, "REQUIRETLS");
    const Outcome good = mail_for("ee.two.test", promises, LetterTls::required);
    ASSERT_TRUE(good.connected);
    EXPECT_TRUE(good.connected->suits(LetterTls::required));
    EXPECT_TRUE(good.connected->suits(LetterTls::as_published));
    const Outcome wrong = mail_for("wrong.two.test", promises, LetterTls::required);
    EXPECT_EQ(wrong.verdict.status, "5.7.10");
    EXPECT_EQ(wrong.verdict.kind, Verdict::Kind::permanent);
    EXPECT_EQ(mail_for("plain.test", promises, LetterTls::required).verdict.status, "5.7.10");
    const Outcome usual = mail_for("ee.two.test", silent);
    ASSERT_TRUE(usual.connected);
    EXPECT_FALSE(usual.connected->suits(LetterTls::required));
    EXPECT_TRUE(usual.connected->suits(LetterTls::not_required));
    const Outcome lax = mail_for("ee.two.test", silent, LetterTls::not_required);
    ASSERT_TRUE(lax.connected);
    EXPECT_FALSE(lax.connected->suits(LetterTls::as_published));
  });
}

// MTA-STS, and what needs no DNSSEC.

class StsConnection : public ConnectionTest {
 protected:
  StsConnection() {
    rules.ca_file = authority.ca_file();
    rules.find_sts = [this](const std::string& domain, net::Deadline) {
      ++asked_;
      return domain == "two.test" ? answer_ : StsAnswer{};
    };
  }
  void policy_is(Mode mode, std::vector<std::string> mx) {
    answer_ = {.policy = StsPolicy{.mode = mode, .mx = std::move(mx), .lines = {"version: STSv1"}}};
  }
  Outcome mail_to(const std::string& host, const TlsPeer& peer, LetterTls letter = LetterTls::as_published) {
    resolver_.hosts[host] = {peer.address()};
    return connect({{.host = host, .domain = "two.test"}}, resolver_, letter);
  }
  StsAnswer answer_{};
  int asked_ = 0;
  testing::FakeResolver resolver_;
};

TEST_F(StsConnection, AnEnforcedPolicyHolds) {
  net::run([&] {
    policy_is(Mode::enforce, {"mx.two.test", "*.three.test"});
    TlsPeer good(good_);
    EXPECT_EQ(way_of(mail_to("mx.two.test", good)), "verified");
    EXPECT_THAT(failures(), ElementsAre("sts good"));

    const Outcome other_name = mail_to("mx.three.test", good);
    EXPECT_EQ(other_name.verdict.status, "4.7.5");
    EXPECT_THAT(other_name.verdict.text,
                AllOf(HasSubstr("not for mx.three.test"), HasSubstr("MTA-STS policy of two.test")));
    const Outcome other_host = mail_to("mx.four.test", good);
    EXPECT_EQ(other_host.verdict.status, "4.7.5");
    EXPECT_THAT(other_host.verdict.text, HasSubstr("does not name the host mx.four.test"));
    EXPECT_THAT(failures(), ElementsAre("sts certificate-host-mismatch", "sts validation-failure"));

    TlsPeer clear(good_, Way::none);
    EXPECT_EQ(mail_to("mx.two.test", clear).verdict.status, "4.7.4");
    TlsPeer expired(authority.issue({.names = {"mx.two.test"}, .from_days = -9, .to_days = -2}));
    EXPECT_EQ(mail_to("mx.two.test", expired).verdict.status, "4.7.5");
    test::Authority nobody("Nobody's CA");
    TlsPeer unknown(nobody.issue({.names = {"mx.two.test"}}));
    EXPECT_EQ(mail_to("mx.two.test", unknown).verdict.status, "4.7.5");
    EXPECT_EQ(clear.sessions + expired.sessions + unknown.sessions, 3) << "no second try without TLS";
    EXPECT_THAT(failures(),
                ElementsAre("sts starttls-not-supported", "sts certificate-expired", "sts certificate-not-trusted"));
    EXPECT_EQ(way_of(mail_to("mx.two.test", clear, LetterTls::not_required)), "plain");
  });
}

TEST_F(StsConnection, APolicyInTestingIsReportedAndNothingElse) {
  net::run([&] {
    policy_is(Mode::testing, {"mx.two.test"});
    TlsPeer good(good_);
    TlsPeer clear(good_, Way::none);
    TlsPeer broken(good_, Way::broken);
    EXPECT_EQ(way_of(mail_to("mx.two.test", good)), "verified");
    EXPECT_EQ(way_of(mail_to("mx.four.test", good)), "encrypted");
    EXPECT_EQ(way_of(mail_to("mx.two.test", clear)), "plain");
    EXPECT_EQ(way_of(mail_to("mx.two.test", broken)), "plain");
    TlsPeer wrong(authority.issue({.names = {"mx.four.test"}}));
    EXPECT_EQ(way_of(mail_to("mx.two.test", wrong)), "plain") << "STARTTLS failed a moment ago";
    rules.plain_hosts->remove("mx.two.test");
    EXPECT_EQ(way_of(mail_to("mx.two.test", wrong)), "encrypted");
    EXPECT_THAT(failures(), ElementsAre("sts good", "sts validation-failure", "sts starttls-not-supported",
                                        "sts validation-failure", "sts certificate-host-mismatch",
                                        "sts certificate-host-mismatch"));
  });
}

TEST_F(StsConnection, APolicyThatCannotBeFetchedIsReported) {
  net::run([&] {
    answer_ = {.failure = "sts-policy-fetch-error", .text = "404"};
    TlsPeer clear(good_, Way::none);
    EXPECT_EQ(way_of(mail_to("mx.two.test", clear)), "plain");
    EXPECT_THAT(failures(), ElementsAre("sts sts-policy-fetch-error", "no-policy-found starttls-not-supported"));
  });
}

TEST_F(StsConnection, APolicyThatNobodyCanSayPutsTheMailOff) {
  net::run([&] {
    rules.find_sts = [](const std::string&, net::Deadline) -> StsAnswer { throw posthouse::Error("the disk is full"); };
    TlsPeer clear(good_, Way::none);
    const Outcome later = mail_to("mx.two.test", clear);
    EXPECT_EQ(later.verdict.kind, Verdict::Kind::temporary);
    EXPECT_THAT(later.verdict.text, HasSubstr("the MTA-STS policy of two.test cannot be looked up: the disk is full"));
    EXPECT_EQ(way_of(mail_to("mx.two.test", clear, LetterTls::not_required)), "plain");
  });
}

TEST_F(StsConnection, OnePolicyForAllHostsAndNoneForRoutes) {
  net::run([&] {
    policy_is(Mode::enforce, {"nobody.two.test"});
    resolver_.hosts["mx.two.test"] = {};
    connect({{.host = "mx.two.test", .domain = "two.test"}, {.host = "mx2.two.test", .domain = "two.test"}}, resolver_);
    EXPECT_EQ(asked_, 1);
    TlsPeer clear(good_, Way::none);
    resolver_.hosts["mx.two.test"] = {clear.address()};
    EXPECT_EQ(way_of(connect({{.host = "mx.two.test", .domain = "mx.two.test", .fixed = true}}, resolver_)), "plain");
    EXPECT_EQ(asked_, 1);
  });
}

TEST_F(StsConnection, ALetterThatRequiresTlsNeedsAPolicyOrSignedRecords) {
  net::run([&] {
    TlsPeer promises(good_, Way::starttls, "REQUIRETLS");
    EXPECT_EQ(mail_to("mx.two.test", promises, LetterTls::required).verdict.status, "5.7.10");
    policy_is(Mode::testing, {"mx.two.test"});
    EXPECT_EQ(way_of(mail_to("mx.two.test", promises, LetterTls::required)), "verified");
    rules.dane = false;
    resolver_.unreachable = {"mx1.two.test"};
    const Outcome never = connect({{.host = "mx1.two.test", .domain = "two.test", .secure_mx = true},
                                   {.host = "mx9.two.test", .domain = "two.test"}},
                                  resolver_, LetterTls::required);
    EXPECT_EQ(never.verdict.kind, Verdict::Kind::permanent) << "the policy names neither";
    answer_ = {};
    const Outcome later = connect({{.host = "mx1.two.test", .domain = "two.test", .secure_mx = true},
                                   {.host = "mx9.two.test", .domain = "two.test"}},
                                  resolver_, LetterTls::required);
    EXPECT_EQ(later.verdict.kind, Verdict::Kind::temporary) << "the first is away for now only";
  });
}

TEST_F(StsConnection, AHostWhoseTlsIsBrokenIsSpokenToInClearTextAtOnceNextTime) {
  net::run([&] {
    TlsPeer broken(good_, Way::broken);
    EXPECT_EQ(way_of(mail_to("mx.five.test", broken)), "plain");
    EXPECT_EQ(broken.sessions, 2);
    EXPECT_EQ(way_of(mail_to("mx.five.test", broken)), "plain");
    EXPECT_EQ(broken.sessions, 3);
    EXPECT_THAT(failures(), ElementsAre("no-policy-found validation-failure", "no-policy-found validation-failure"));
    policy_is(Mode::enforce, {"mx.five.test"});
    EXPECT_EQ(mail_to("mx.five.test", broken).verdict.status, "4.7.5") << "whatever is remembered";
  });
}

}  // namespace
}  // namespace posthouse::relay
