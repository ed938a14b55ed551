#include "posthouse/mailauth/dmarc/check.h"

#include <fstream>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/idna.h"
#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/mime/testing/corpus/corpus.h"

namespace posthouse::mailauth {
namespace {

using mime::corpus;
using ::testing::ElementsAre;
using testing::ZoneResolver;
using Method = AuthenticatedIdentifier::Method;
using Identifiers = std::vector<AuthenticatedIdentifier>;

constexpr DmarcOptions older{OrganizationMethod::public_suffix_list};

DmarcOutcome check(ZoneResolver& resolver, const std::string& domain, const Identifiers& identifiers = {},
                   const DmarcOptions& options = {}) {
  return check_dmarc(DmarcAuthor{{domain}, {}, false}, identifiers, resolver, options);
}

Identifiers dkim(const std::string& domain, Verdict verdict = Verdict::pass) {
  return {{Method::dkim, domain, verdict}};
}

Identifiers spf(const std::string& domain, Verdict verdict = Verdict::pass) {
  return {{Method::spf, domain, verdict}};
}

DmarcAuthor author(const std::string& header) {
  return dmarc_author(mime::Message::parse(header + "\r\nSubject: x\r\n\r\nbody\r\n"));
}

TEST(DmarcAuthor, HasOneDomain) {
  EXPECT_THAT(author("From: Ann <ann@One.Test>").domains, ElementsAre("one.test"));
  EXPECT_THAT(author("From: \"ann@two.test\" <ann@one.test> (x@y.test)").domains, ElementsAre("one.test"));
  EXPECT_THAT(author("From: a@one.test, b@ONE.test").domains, ElementsAre("one.test"));
  EXPECT_THAT(author("From: a@b\xC3\xBC"
                     "cher.test")
                  .domains,
              ElementsAre("xn--bcher-kva.test"));
  EXPECT_THAT(author("From: a@one.test, b@two.test").domains, ElementsAre("one.test", "two.test"));
}

TEST(DmarcAuthor, OthersAreRefused) {
  for (const char* header :
       {"To: a@one.test", "From: a@one.test\r\nFrom: b@two.test", "From: a@one.test\r\nfrom : a@one.test",
        "From: nobody", "From: a@[192.0.2.1]", "From:", "From: undisclosed:;"}) {
    const DmarcAuthor found = author(header);
    EXPECT_TRUE(found.refuse && !found.problem.empty() && found.domains.empty()) << header;
    ZoneResolver resolver;
    const DmarcOutcome outcome = check_dmarc(found, dkim("one.test"), resolver);
    EXPECT_TRUE(outcome.refuse && outcome.verdict == Verdict::permerror) << header;
    EXPECT_TRUE(resolver.questions.empty());
  }
}

TEST(Dmarc, SeveralDomains) {
  ZoneResolver resolver;
  resolver.txt("_dmarc.one.example", "v=DMARC1; p=none").txt("_dmarc.two.example", "v=DMARC1; p=reject");
  const DmarcAuthor authors = author("From: a@one.example, b@two.example");
  EXPECT_EQ(check_dmarc(authors, {}, resolver).verdict, Verdict::none);
  const DmarcOutcome strict = check_dmarc(authors, dkim("one.example"), resolver, older);
  EXPECT_EQ(strict.verdict, Verdict::fail);
  EXPECT_EQ(strict.disposition, DmarcPolicy::reject);
  EXPECT_EQ(strict.author_domain, "two.example");
}

TEST(Dmarc, Alignment) {
  ZoneResolver resolver;
  resolver.txt("_dmarc.one.test", "v=DMARC1; p=reject; aspf=s");
  EXPECT_EQ(check(resolver, "one.test", dkim("one.test")).verdict, Verdict::pass);
  EXPECT_EQ(check(resolver, "one.test", dkim("mail.one.test")).verdict, Verdict::pass);
  EXPECT_EQ(check(resolver, "one.test", spf("ONE.test")).verdict, Verdict::pass);
  EXPECT_EQ(check(resolver, "one.test", spf("mail.one.test")).verdict, Verdict::fail);
  EXPECT_EQ(check(resolver, "one.test", dkim("one.test", Verdict::fail)).verdict, Verdict::fail);
  EXPECT_EQ(check(resolver, "one.test", dkim("evilone.test")).verdict, Verdict::fail);
  EXPECT_EQ(check(resolver, "one.test", dkim("test")).verdict, Verdict::fail);
  EXPECT_EQ(check(resolver, "a.one.test", dkim("b.one.test")).verdict, Verdict::pass);
  // Nobody could say: no fail, whose mail would be lost.
  EXPECT_EQ(check(resolver, "one.test", dkim("one.test", Verdict::temperror)).verdict, Verdict::temperror);
  EXPECT_EQ(check(resolver, "one.test", dkim("two.test", Verdict::temperror)).verdict, Verdict::fail);
}

// RFC 9989 section 4.10: the longest walk.
TEST(Dmarc, WalksUpTheTree) {
  ZoneResolver resolver;
  EXPECT_EQ(check(resolver, "a.b.c.d.e.f.g.h.i.j.mail.example.com").verdict, Verdict::none);
  EXPECT_THAT(resolver.questions,
              ElementsAre("TXT _dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com", "TXT _dmarc.g.h.i.j.mail.example.com",
                          "TXT _dmarc.h.i.j.mail.example.com", "TXT _dmarc.i.j.mail.example.com",
                          "TXT _dmarc.j.mail.example.com", "TXT _dmarc.mail.example.com", "TXT _dmarc.example.com",
                          "TXT _dmarc.com"));
  Steps steps;
  DmarcRecords records(resolver, {}, steps);
  EXPECT_EQ(walk_tree(records, "a.b.test").domain, "a.b.test");
  resolver.txt("_dmarc.mail.one.test", "v=DMARC1; p=none").txt("_dmarc.one.test", "v=DMARC1; p=none");
  EXPECT_EQ(walk_tree(records, "a.mail.one.test").domain, "one.test");
  resolver.txt("_dmarc.mail.two.test", "v=DMARC1; p=none; psd=n").txt("_dmarc.two.test", "v=DMARC1; p=none");
  EXPECT_EQ(walk_tree(records, "a.mail.two.test").domain, "mail.two.test");
  resolver.txt("_dmarc.psd", "v=DMARC1; p=reject; psd=y");
  EXPECT_EQ(walk_tree(records, "a.mail.example.psd").domain, "example.psd");
  EXPECT_EQ(walk_tree(records, "a.mail.example.psd").public_suffix, "psd");
  EXPECT_EQ(walk_tree(records, "psd").domain, "psd");
  // Between the first question and the second there may be labels that are not asked for.
  resolver.txt("_dmarc.c.d.e.f.g.one.deep", "v=DMARC1; p=none; psd=y");
  EXPECT_EQ(walk_tree(records, "m.a.b.c.d.e.f.g.one.deep").domain, "b.c.d.e.f.g.one.deep");
}

TEST(Dmarc, PolicyOfTheDomainAboveIt) {
  ZoneResolver resolver;
  resolver.txt("_dmarc.one.test", "v=DMARC1; p=none; sp=quarantine; np=reject").address("there.one.test", "192.0.2.1");
  const DmarcOutcome own = check(resolver, "one.test");
  EXPECT_EQ(own.policy_tag, "p");
  EXPECT_EQ(own.disposition, DmarcPolicy::none);
  const DmarcOutcome there = check(resolver, "there.one.test");
  EXPECT_EQ(there.policy_tag, "sp");
  EXPECT_EQ(there.disposition, DmarcPolicy::quarantine);
  const DmarcOutcome absent = check(resolver, "absent.one.test");
  EXPECT_EQ(absent.policy_tag, "np");
  EXPECT_EQ(absent.disposition, DmarcPolicy::reject);
  EXPECT_EQ(absent.policy_domain, "one.test");
  // A public suffix speaks where the organization does not.
  resolver.txt("_dmarc.gov", "v=DMARC1; p=reject; psd=y");
  EXPECT_EQ(check(resolver, "www.city.gov").policy_domain, "gov");
  resolver.txt("_dmarc.city.gov", "v=DMARC1; p=none");
  EXPECT_EQ(check(resolver, "www.city.gov").policy_domain, "city.gov");
  // Two cities of one suffix are not one organization.
  EXPECT_EQ(check(resolver, "city.gov", dkim("town.gov")).verdict, Verdict::fail);
}

TEST(Dmarc, TestingAndSampling) {
  ZoneResolver resolver;
  resolver.txt("_dmarc.one.example", "v=DMARC1; p=reject; t=y; pct=0")
      .txt("_dmarc.two.example", "v=DMARC1; p=quarantine; t=y");
  EXPECT_EQ(check(resolver, "one.example").disposition, DmarcPolicy::quarantine);
  EXPECT_EQ(check(resolver, "two.example").disposition, DmarcPolicy::none);
  EXPECT_EQ(check(resolver, "two.example", {}, older).disposition, DmarcPolicy::quarantine);
  const DmarcOutcome sampled = check(resolver, "one.example", {}, older);
  EXPECT_TRUE(sampled.sampled_out);
  EXPECT_EQ(sampled.disposition, DmarcPolicy::quarantine);
  EXPECT_EQ(check(resolver, "one.example", dkim("one.example")).disposition, DmarcPolicy::none);
}

TEST(Dmarc, RecordsThatCannotBeUsed) {
  ZoneResolver resolver;
  resolver.txt("_dmarc.one.test", "v=DMARC1; p=none").txt("_dmarc.one.test", "v=DMARC1; p=reject");
  EXPECT_EQ(check(resolver, "one.test").verdict, Verdict::none);
  resolver.txt("_dmarc.two.test", "v=DMARC1; p=what");
  EXPECT_EQ(check(resolver, "two.test").verdict, Verdict::permerror);
  resolver.txt("_dmarc.three.test", "v=DMARC1; p=reject; sp=what; rua=mailto:a@three.test")
      .txt("_dmarc.three.test", "v=spf1");
  EXPECT_EQ(check(resolver, "three.test").verdict, Verdict::fail);
  EXPECT_EQ(check(resolver, "three.test").disposition, DmarcPolicy::none);
  resolver.timeout("_dmarc.late.test");
  EXPECT_EQ(check(resolver, "late.test").verdict, Verdict::temperror);
  // What may be below the record that is found counts, too.
  resolver.timeout("_dmarc.mail.four.test").txt("_dmarc.four.test", "v=DMARC1; p=none");
  EXPECT_EQ(check(resolver, "mail.four.test").verdict, Verdict::temperror);
}

TEST(Dmarc, TellsHowItCameAbout) {
  ZoneResolver resolver;
  resolver.txt("_dmarc.one.test", "v=DMARC1; p=reject; t=y; x");
  const DmarcOutcome outcome = check(
      resolver, "a.one.test", {{Method::spf, "two.test", Verdict::pass}, {Method::dkim, "one.test", Verdict::fail}});
  EXPECT_THAT(outcome.steps,
              ElementsAre("there is no name _dmarc.a.one.test", "_dmarc.one.test: v=DMARC1; p=reject; t=y; x",
                          "  \"x\" is no tag", "there is no name _dmarc.test",
                          "the organizational domain of a.one.test is one.test", "SPF for two.test: pass, not aligned",
                          "DKIM for one.test: fail", "testing mode (t=y): quarantine instead of reject",
                          "result: fail, neither SPF nor DKIM passes for the organization of a.one.test"));
  const mime::AuthenticationResult result = authentication_result(outcome);
  EXPECT_EQ(result.comment, "p=reject dis=quarantine");
  EXPECT_EQ(*result.find("header.from"), "a.one.test");
}

TEST(Dmarc, PublicSuffixList) {
  POSTHOUSE_NEEDS_CORPUS("publicsuffix/test_psl.txt");
  std::ifstream file(corpus() / "publicsuffix/test_psl.txt");
  const std::regex form("^checkPublicSuffix\\('([^']*)', (null|'([^']*)')\\);.*");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, form) || match[1].str().starts_with('.')) {
      continue;
    }
    const auto domain = domain_to_ascii(match[1].str());
    ASSERT_TRUE(domain) << line;
    const std::string expected = match[3].matched ? domain_to_ascii(match[3].str()).value_or("?") : *domain;
    EXPECT_EQ(registrable_domain(*domain).domain, expected) << line;
    ++count;
  }
  EXPECT_GE(count, 50U);
}

}  // namespace
}  // namespace posthouse::mailauth
