#include "posthouse/mailauth/spf/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mailauth/testing/zone_resolver.h"
#include "posthouse/net/fiber.h"

namespace posthouse::mailauth {
namespace {

using testing::ZoneResolver;

SpfOutcome check(ZoneResolver& resolver, const std::string& ip, const std::string& mail_from,
                 const std::string& helo = "mx.sender.test") {
  return check_host(spf_mail_from(net::Address(ip, 0), helo, mail_from, "here.test"), resolver);
}

TEST(Spf, TellsHowItCameAbout) {
  ZoneResolver resolver;
  resolver.txt("one.test", "v=spf1 include:two.test mx -all exp=why.one.test");
  resolver.txt("two.test", "v=spf1 ip4:192.0.2.0/24 ?all");
  resolver.txt("why.one.test", "%{i} may not send for %{d}");
  resolver.mx("one.test", 10, "mx.one.test").address("mx.one.test", "198.51.100.7");
  const SpfOutcome pass = check(resolver, "::ffff:192.0.2.9", "ann@one.test");
  EXPECT_EQ(pass.verdict, Verdict::pass);
  EXPECT_EQ(pass.mechanism, "include:two.test");
  EXPECT_EQ(pass.reason,
            "192.0.2.9 matches ip4:192.0.2.0/24 of two.test (ip4:192.0.2.0/24 of two.test, included by one.test)");
  EXPECT_THAT(pass.steps, ::testing::ElementsAre("one.test: v=spf1 include:two.test mx -all exp=why.one.test",
                                                 "include:two.test: the record of two.test",
                                                 "two.test: v=spf1 ip4:192.0.2.0/24 ?all", "  ip4:192.0.2.0/24: match",
                                                 "include:two.test: pass of two.test, a match", "result: pass"));
  const SpfOutcome fail = check(resolver, "203.0.113.1", "ann@one.test");
  EXPECT_EQ(fail.verdict, Verdict::fail);
  EXPECT_EQ(fail.mechanism, "-all");
  EXPECT_EQ(fail.explanation, "203.0.113.1 may not send for one.test");
  EXPECT_EQ(fail.lookups, 2U);
  EXPECT_THAT(fail.steps, ::testing::Contains("  mx.one.test: 198.51.100.7"));
}

// What comes in over IPv6 does not make a domain's hosts of IPv4 into void look-ups.
TEST(Spf, HostsOfTheOtherFamilyAreNoVoidLookups) {
  ZoneResolver resolver;
  resolver.txt("one.test", "v=spf1 mx ~all");
  for (int i = 0; i < 5; ++i) {
    const std::string host = "mx" + std::to_string(i) + ".one.test";
    resolver.mx("one.test", 10, host).address(host, "192.0.2.1");
  }
  EXPECT_EQ(check(resolver, "2001:db8::1", "ann@one.test").verdict, Verdict::softfail);
}

TEST(Spf, Limits) {
  ZoneResolver resolver;
  resolver.txt("loop.test", "v=spf1 include:loop.test -all").txt("turn.test", "v=spf1 redirect=turn.test");
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@loop.test").verdict, Verdict::permerror);
  EXPECT_EQ(resolver.questions.size(), 11U);
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@turn.test").verdict, Verdict::permerror);
  std::string ten = "v=spf1";
  for (int i = 0; i < 10; ++i) {
    ten += " a:host.test";
  }
  resolver.address("host.test", "192.0.2.2")
      .txt("ten.test", ten + " -all")
      .txt("eleven.test", ten + " a:host.test -all");
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@ten.test").verdict, Verdict::fail);
  const SpfOutcome eleven = check(resolver, "192.0.2.1", "ann@eleven.test");
  EXPECT_EQ(eleven.verdict, Verdict::permerror);
  EXPECT_EQ(eleven.reason, "a:host.test would be more than 10 look-ups");
  resolver.txt("void.test", "v=spf1 a:x.test a:y.test ?all")
      .txt("voider.test", "v=spf1 a:x.test a:y.test exists:z.test ?all");
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@void.test").verdict, Verdict::neutral);
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@voider.test").verdict, Verdict::permerror);
  resolver.txt("many.test", "v=spf1 mx -all");
  for (int i = 0; i < 11; ++i) {
    resolver.mx("many.test", 10, "mx" + std::to_string(i) + ".many.test");
  }
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@many.test").verdict, Verdict::permerror);
  resolver.txt("huge.test", "v=spf1 " + std::string(20'000, ' ') + "-all");
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@huge.test").verdict, Verdict::permerror);
}

TEST(Spf, NamesOfAnAddress) {
  ZoneResolver resolver;
  resolver.txt("one.test", "v=spf1 ptr -all");
  // The first ten only, and of these those that lead back.
  for (int i = 0; i < 10; ++i) {
    resolver.ptr("1.2.0.192.in-addr.arpa", "host" + std::to_string(i) + ".other.test");
  }
  resolver.ptr("1.2.0.192.in-addr.arpa", "mail.one.test").address("mail.one.test", "192.0.2.1");
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@one.test").verdict, Verdict::fail);
  resolver.ptr("2.2.0.192.in-addr.arpa", "mail.one.test");
  EXPECT_EQ(check(resolver, "192.0.2.2", "ann@one.test").verdict, Verdict::fail);
  resolver.ptr("3.2.0.192.in-addr.arpa", "Mail3.One.Test").address("mail3.one.test", "192.0.2.3");
  EXPECT_EQ(check(resolver, "192.0.2.3", "ann@one.test").verdict, Verdict::pass);
  // An ending is no subdomain.
  resolver.ptr("4.2.0.192.in-addr.arpa", "evilone.test").address("evilone.test", "192.0.2.4");
  EXPECT_EQ(check(resolver, "192.0.2.4", "ann@one.test").verdict, Verdict::fail);
}

// The macros, exp= and processing limits of openspf's suite that are not in the shared half.
TEST(Spf, MacrosInNames) {
  ZoneResolver resolver;
  resolver.txt("e1.test", "v=spf1 exists:%{i}.%{l2r-}.user.%{d2} -all");
  resolver.address("192.0.2.1.gladstone.philip.user.e1.test", "127.0.0.2");
  EXPECT_EQ(check(resolver, "192.0.2.1", "philip-gladstone-test@e1.test").verdict, Verdict::pass);
  resolver.txt("e2.test", "v=spf1 a:%{H} -all");
  EXPECT_EQ(check(resolver, "192.0.2.1", "a@e2.test", "JUMPIN' JUPITER").verdict, Verdict::fail);
  EXPECT_EQ(check(resolver, "192.0.2.1", "a@e2.test", "[192.0.2.1]").verdict, Verdict::fail);
  resolver.address("mx.sender.test", "192.0.2.1");
  EXPECT_EQ(check(resolver, "192.0.2.1", "a@e2.test").verdict, Verdict::pass);
  resolver.txt("e3.test", "v=spf1 a:%%%_%-.e3.test -all").address("% %20.e3.test", "192.0.2.1");
  EXPECT_EQ(check(resolver, "192.0.2.1", "a@e3.test").verdict, Verdict::pass);
  resolver.txt("e4.test", "v=spf1 mx:foo:bar/baz.e4.test -all");
  resolver.mx("foo:bar/baz.e4.test", 0, "foo:bar/baz.e4.test").address("foo:bar/baz.e4.test", "192.0.2.1");
  EXPECT_EQ(check(resolver, "192.0.2.1", "a@e4.test").verdict, Verdict::pass);
  resolver.txt("e5.test", "v=spf1 mx ~all").mx("e5.test", 0, "");
  EXPECT_EQ(check(resolver, "192.0.2.1", "a@e5.test").verdict, Verdict::softfail);
  resolver.txt("e6.test", "v=spf1 a:abc..e6.test -all");
  EXPECT_EQ(check(resolver, "192.0.2.1", "a@e6.test").verdict, Verdict::fail);
}

TEST(Spf, Explanations) {
  ZoneResolver resolver;
  const auto explained = [&](const std::string& domain, const std::string& sender = "ann") {
    const SpfOutcome outcome = check(resolver, "192.0.2.1", sender + '@' + domain);
    EXPECT_EQ(outcome.verdict, Verdict::fail) << outcome.reason;
    return outcome.explanation;
  };
  resolver.txt("x.test", "Correct!").txt("y.test", "%{L} in implementation").txt("z.test", "a").txt("z.test", "b");
  resolver.txt("bad.test", "%{e}")
      .txt("eight.test",
           "\xEF\xBB\xBF"
           "Explanation")
      .txt("p.test", "connect from %{p}");
  resolver.txt("a.test", "v=spf1 include:b.test -all exp=x.test").txt("b.test", "v=spf1 -all exp=y.test");
  EXPECT_EQ(explained("a.test"), "Correct!");
  resolver.txt("c.test", "v=spf1 exp=y.test redirect=a.test");
  EXPECT_EQ(explained("c.test"), "Correct!");
  resolver.txt("d.test", "v=spf1 exp=x.test redirect=d2.test").txt("d2.test", "v=spf1 -all");
  EXPECT_EQ(explained("d.test"), "");
  resolver.txt("e.test", "v=spf1 -all exp=y.test");
  EXPECT_EQ(explained("e.test", "Macro Error"), "Macro%20Error in implementation");
  for (const char* name : {"z.test", "bad.test", "eight.test", "nothing.test"}) {
    const std::string domain = std::string("f.") + name;
    resolver.txt(domain, std::string("v=spf1 -all exp=") + name);
    EXPECT_EQ(explained(domain), "") << name;
  }
  resolver.timeout("late.test").txt("g.test", "v=spf1 -all exp=late.test");
  EXPECT_EQ(explained("g.test"), "");
  resolver.txt("h.test", "v=spf1 -all exp=p.test");
  EXPECT_EQ(explained("h.test"), "connect from unknown");
  resolver.ptr("1.2.0.192.in-addr.arpa", "mx.far.test").address("mx.far.test", "192.0.2.1");
  EXPECT_EQ(explained("h.test"), "connect from mx.far.test");
  // What is in a local part does not get out as it is.
  EXPECT_EQ(explained("e.test", "\x1B[2J"), "%1B%5B2J in implementation");
  resolver.txt("low.test", "%{l}").txt("i.test", "v=spf1 -all exp=low.test");
  EXPECT_EQ(explained("i.test", "a\r\nb"), "a??b");
}

TEST(Spf, NoDomainToAsk) {
  ZoneResolver resolver;
  EXPECT_EQ(check(resolver, "192.0.2.1", "", "[192.0.2.1]").verdict, Verdict::none);
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@localhost").verdict, Verdict::none);
  EXPECT_EQ(check_host(spf_mail_from(net::Address::unix_path("/run/x"), "a.test", "a@a.test"), resolver).verdict,
            Verdict::none);
  EXPECT_TRUE(resolver.questions.empty());
  resolver.timeout("late.test");
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@late.test").verdict, Verdict::temperror);
  // The empty reverse-path is judged by the name in HELO.
  resolver.txt("mx.sender.test", "v=spf1 ip4:192.0.2.1 -all");
  EXPECT_EQ(check(resolver, "192.0.2.1", "").verdict, Verdict::pass);
  // An international domain is asked for by its A-labels.
  resolver.txt("xn--bcher-kva.test", "v=spf1 +all");
  EXPECT_EQ(check(resolver, "192.0.2.1", "ann@bücher.test").verdict, Verdict::pass);
}

TEST(Spf, CancellationGoesThrough) {
  class Canceled final : public net::Resolver {
   public:
    std::vector<net::Address> addresses(const std::string&, std::uint16_t, net::Deadline) override { return {}; }
    net::DnsAnswer<std::string> query(const std::string&, net::DnsType, net::Deadline) override {
      throw net::Error(net::Errc::canceled, "canceled");
    }
  } resolver;
  EXPECT_THROW(check_host(spf_helo(net::Address("192.0.2.1", 0), "a.test"), resolver), net::Error);
}

TEST(ReceivedSpf, IsWritten) {
  ZoneResolver resolver;
  resolver.txt("one.test", "v=spf1 ip4:192.0.2.0/24 -all");
  EXPECT_EQ(received_spf(check(resolver, "192.0.2.1", "ann@one.test")),
            "pass (here.test: 192.0.2.1 matches ip4:192.0.2.0/24 of one.test) client-ip=192.0.2.1; "
            "envelope-from=\"ann@one.test\"; helo=mx.sender.test; receiver=here.test; identity=mailfrom; "
            "mechanism=\"ip4:192.0.2.0/24\"");
  const std::string nasty = received_spf(check(resolver, "2001:db8::1", "a\r\nX: y\"(@one.test", "mx) bad\\"));
  EXPECT_EQ(nasty.find_first_of("\r\n"), std::string::npos);
  EXPECT_NE(nasty.find("envelope-from=\"a??X: y\\\"(@one.test\"; helo=\"mx) bad\\\\\";"), std::string::npos) << nasty;
  const mime::AuthenticationResult result = authentication_result(check(resolver, "192.0.2.1", "ann@one.test"));
  EXPECT_EQ(result.method, "spf");
  EXPECT_EQ(result.result, "pass");
  ASSERT_NE(result.find("smtp.mailfrom"), nullptr);
  EXPECT_EQ(*result.find("smtp.mailfrom"), "ann@one.test");
}

}  // namespace
}  // namespace posthouse::mailauth
