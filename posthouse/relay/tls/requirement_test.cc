// What is asked of a connection: every word that counts, against every other.
#include "posthouse/relay/tls/requirement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/relay/tls/letter.h"
#include "posthouse/relay/tls/rules.h"

namespace posthouse::relay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Level = Requirement::Level;
using Mode = StsPolicy::Mode;

const net::TlsaRecord record{.usage = 3, .selector = 1, .matching_type = 1, .data = std::string(32, 'x')};

TlsFacts facts() {
  return {.host = "mx.two.test", .domain = "two.test"};
}
TlsFacts with_dane(Dane::Kind kind, TlsFacts facts) {
  facts.secure_mx = true;
  facts.dane = {.kind = kind, .base = "mx.two.test", .text = "looking up _25._tcp.mx.two.test: bogus"};
  if (kind == Dane::Kind::records) {
    facts.dane.records = {record};
  }
  return facts;
}
TlsFacts with_sts(Mode mode, std::vector<std::string> mx, TlsFacts facts) {
  facts.sts = StsPolicy{.mode = mode, .mx = std::move(mx)};
  return facts;
}
TlsFacts by_route(RouteTls route, TlsFacts facts) {
  facts.route = route;
  facts.fixed = true;
  return facts;
}
TlsFacts of_letter(LetterTls letter, TlsFacts facts) {
  facts.letter = letter;
  return facts;
}

TEST(Requirement, WithoutAPolicyTlsIsOpportunistic) {
  const Requirement usual = decide(facts());
  EXPECT_EQ(usual.level, Level::opportunistic);
  EXPECT_EQ(usual.policy, PolicyKind::none);
  EXPECT_EQ(usual.server_name, "mx.two.test");
  EXPECT_FALSE(usual.strict());
  EXPECT_EQ(usual.why, "");
  EXPECT_EQ(decide(with_dane(Dane::Kind::none, facts())).level, Level::opportunistic);
  EXPECT_EQ(decide(with_sts(Mode::none, {"mx.two.test"}, facts())).level, Level::opportunistic);
}

TEST(Requirement, TheRoutesWordCountsFirst) {
  for (const LetterTls letter : {LetterTls::as_published, LetterTls::not_required}) {
    const TlsFacts all = of_letter(letter, with_dane(Dane::Kind::failed, with_sts(Mode::enforce, {}, facts())));
    EXPECT_EQ(decide(by_route(RouteTls::none, all)).level, Level::plain);
    EXPECT_EQ(decide(by_route(RouteTls::starttls, all)).level, Level::authorities);
    EXPECT_FALSE(decide(by_route(RouteTls::starttls, all)).implicit);
    EXPECT_TRUE(decide(by_route(RouteTls::implicit, all)).implicit);
  }
}

TEST(Requirement, DaneWinsOverMtaSts) {
  for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce}) {
    for (const char* mx : {"mx.two.test", "other.test"}) {
      const Requirement asked = decide(with_sts(mode, {mx}, with_dane(Dane::Kind::records, facts())));
      EXPECT_EQ(asked.level, Level::dane);
      EXPECT_EQ(asked.policy, PolicyKind::dane);
      EXPECT_TRUE(asked.strict());
      EXPECT_THAT(asked.records, ElementsAre(record));
      EXPECT_THAT(asked.why, HasSubstr("TLSA records of mx.two.test"));
      EXPECT_EQ(decide(with_sts(mode, {mx}, with_dane(Dane::Kind::failed, facts()))).level, Level::refused);
    }
  }
}

TEST(Requirement, NamesThatACertificateOfAnAuthorityMayBeFor) {
  TlsFacts alias = with_dane(Dane::Kind::records, facts());
  EXPECT_THAT(decide(alias).other_names, ElementsAre("two.test"));
  alias.dane.base = "host.provider.test";
  alias.canonical_domain = "real.test";
  EXPECT_EQ(decide(alias).server_name, "host.provider.test");
  EXPECT_THAT(decide(alias).other_names, ElementsAre("mx.two.test", "two.test", "real.test"));
}

TEST(Requirement, RecordsThatAreOfNoUseStillAskForTls) {
  const Requirement asked = decide(with_dane(Dane::Kind::unusable, facts()));
  EXPECT_EQ(asked.level, Level::encrypted);
  EXPECT_TRUE(asked.strict());
  EXPECT_THAT(asked.records, IsEmpty());
}

TEST(Requirement, WhereTheDnsIsForgedNothingGoes) {
  const Requirement asked = decide(with_dane(Dane::Kind::failed, facts()));
  EXPECT_EQ(asked.level, Level::refused);
  EXPECT_EQ(asked.status, "4.7.5");
  EXPECT_EQ(asked.fault, "dnssec-invalid");
  EXPECT_THAT(asked.why, HasSubstr("bogus"));
}

TEST(Requirement, ByAPolicyThatIsEnforced) {
  const Requirement named = decide(with_sts(Mode::enforce, {"a.test", "*.two.test"}, facts()));
  EXPECT_EQ(named.level, Level::authorities);
  EXPECT_EQ(named.policy, PolicyKind::sts);
  EXPECT_TRUE(named.strict());
  const Requirement other = decide(with_sts(Mode::enforce, {"a.test", "*.mx.two.test"}, facts()));
  EXPECT_EQ(other.level, Level::refused);
  EXPECT_EQ(other.status, "4.7.5");
  EXPECT_THAT(other.why, HasSubstr("policy of two.test does not name the host mx.two.test"));
}

TEST(Requirement, APolicyInTestingIsReportedOnly) {
  const Requirement named = decide(with_sts(Mode::testing, {"mx.two.test"}, facts()));
  EXPECT_EQ(named.level, Level::authorities);
  EXPECT_TRUE(named.report_only);
  EXPECT_FALSE(named.strict());
  const Requirement other = decide(with_sts(Mode::testing, {"a.test"}, facts()));
  EXPECT_EQ(other.level, Level::opportunistic);
  EXPECT_EQ(other.fault, "validation-failure");
}

TEST(Requirement, ALetterThatNeedsNoTlsIgnoresWhatIsPublished) {
  for (const Dane::Kind kind : {Dane::Kind::records, Dane::Kind::unusable, Dane::Kind::failed}) {
    EXPECT_EQ(decide(of_letter(LetterTls::not_required, with_dane(kind, facts()))).level, Level::opportunistic);
  }
  EXPECT_EQ(decide(of_letter(LetterTls::not_required, with_sts(Mode::enforce, {}, facts()))).level,
            Level::opportunistic);
}

TEST(Requirement, ALetterThatRequiresTlsGoesWhereTheHostIsVouchedFor) {
  const auto required = [](TlsFacts what) { return decide(of_letter(LetterTls::required, std::move(what))); };
  EXPECT_EQ(required(with_dane(Dane::Kind::records, facts())).level, Level::dane);
  EXPECT_TRUE(required(with_dane(Dane::Kind::records, facts())).hand_on);
  EXPECT_EQ(required(with_sts(Mode::enforce, {"mx.two.test"}, facts())).level, Level::authorities);
  EXPECT_TRUE(required(with_sts(Mode::testing, {"mx.two.test"}, facts())).strict());
  EXPECT_EQ(required(with_dane(Dane::Kind::none, facts())).level, Level::authorities) << "its MX records are signed";
  EXPECT_EQ(required(with_dane(Dane::Kind::unusable, facts())).level, Level::authorities);
  EXPECT_EQ(required(by_route(RouteTls::opportunistic, facts())).level, Level::authorities);
  EXPECT_EQ(required(by_route(RouteTls::starttls, facts())).level, Level::authorities);

  EXPECT_EQ(required(with_dane(Dane::Kind::failed, facts())).status, "4.7.5") << "that may change";
  TlsFacts literal = by_route(RouteTls::opportunistic, facts());
  literal.literal = true;
  for (const TlsFacts& unknown :
       {facts(), with_sts(Mode::testing, {"a.test"}, facts()), by_route(RouteTls::none, facts()), literal}) {
    const Requirement refused = required(unknown);
    EXPECT_EQ(refused.level, Level::refused);
    EXPECT_EQ(refused.status, "5.7.10");
    EXPECT_THAT(refused.why, HasSubstr("REQUIRETLS"));
  }
}

TEST(LetterTls, IsWhatTheSenderAndTheHeaderSay) {
  EXPECT_EQ(asked_by({}, false), LetterTls::as_published);
  EXPECT_EQ(asked_by({}, true), LetterTls::not_required);
  EXPECT_EQ(asked_by({.require_tls = true}, true), LetterTls::required) << "RFC 8689 section 4.2.1";
}

TEST(StsPolicy, AStarStandsForOneLabel) {
  const StsPolicy policy{.mode = Mode::enforce, .mx = {"mail.two.test", "*.Example.net"}};
  EXPECT_TRUE(allows(policy, "MAIL.two.test"));
  EXPECT_TRUE(allows(policy, "a.example.NET"));
  for (const char* other :
       {"two.test", "a.mail.two.test", "example.net", "a.b.example.net", ".example.net", "", "net"}) {
    EXPECT_FALSE(allows(policy, other)) << other;
  }
}

TEST(TlsRequired, IsAFieldOfTheHeader) {
  EXPECT_TRUE(says_tls_not_required("From: a@b\r\nTLS-Required: No\r\nSubject: x\r\n"));
  EXPECT_TRUE(says_tls_not_required("tls-required :  no \r\n"));
  EXPECT_TRUE(says_tls_not_required("TLS-Required: No"));
  for (const char* other :
       {"", "TLS-Required: yes\r\n", "TLS-Required: No, thanks\r\n", "TLS-Required-X: No\r\n",
        "Subject: TLS-Required: No\r\n", "Subject: x\r\n TLS-Required: No\r\n", "TLS-Required No\r\n"}) {
    EXPECT_FALSE(says_tls_not_required(other)) << other;
  }
}

}  // namespace
}  // namespace posthouse::relay
