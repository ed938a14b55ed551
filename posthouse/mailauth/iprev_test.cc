#include "posthouse/mailauth/iprev.h"

#include <gtest/gtest.h>

#include "posthouse/mailauth/bimi.h"
#include "posthouse/mailauth/testing/zone_resolver.h"

namespace posthouse::mailauth {
namespace {

using testing::ZoneResolver;

TEST(Iprev, AllResults) {
  ZoneResolver resolver;
  const auto verdict = [&](const char* ip) { return check_iprev(net::Address(ip, 25), resolver).verdict; };
  resolver.ptr("1.2.0.192.in-addr.arpa", "other.test").ptr("1.2.0.192.in-addr.arpa", "mail.one.test");
  EXPECT_EQ(verdict("192.0.2.1"), Verdict::fail);
  resolver.address("mail.one.test", "192.0.2.1").address("other.test", "192.0.2.9");
  const IprevOutcome pass = check_iprev(net::Address("::ffff:192.0.2.1", 25), resolver);
  EXPECT_EQ(pass.verdict, Verdict::pass);
  EXPECT_EQ(pass.name, "mail.one.test");
  EXPECT_EQ(pass.steps.front(), "192.0.2.1 is called other.test: leads elsewhere, to 192.0.2.9");
  EXPECT_EQ(*authentication_result(pass).find("policy.iprev"), "192.0.2.1");
  EXPECT_EQ(verdict("192.0.2.2"), Verdict::permerror);
  resolver.timeout("3.2.0.192.in-addr.arpa");
  EXPECT_EQ(verdict("192.0.2.3"), Verdict::temperror);
  resolver.ptr("4.2.0.192.in-addr.arpa", "late.test").timeout("late.test");
  EXPECT_EQ(verdict("192.0.2.4"), Verdict::temperror);
  for (int i = 0; i < 11; ++i) {
    resolver.ptr("5.2.0.192.in-addr.arpa", "host" + std::to_string(i) + ".test");
  }
  resolver.address("host10.test", "192.0.2.5");
  EXPECT_EQ(verdict("192.0.2.5"), Verdict::fail);
}

TEST(Bimi, IsLookedUp) {
  ZoneResolver resolver;
  resolver.txt("_dmarc.one.test", "v=DMARC1; p=reject");
  resolver.txt("default._bimi.one.test", "v=BIMI1; l=https://one.test/logo.svg; a=https://one.test/vmc.pem");
  const BimiRecord record = look_up_bimi("mail.one.test", resolver);
  EXPECT_EQ(record.verdict, Verdict::pass);
  EXPECT_EQ(record.domain, "one.test");
  EXPECT_EQ(record.location, "https://one.test/logo.svg");
  EXPECT_EQ(record.authority, "https://one.test/vmc.pem");
  EXPECT_EQ(look_up_bimi("one.test", resolver, "v1").verdict, Verdict::none);
  resolver.txt("default._bimi.two.test", "v=BIMI1; l=;");
  EXPECT_EQ(look_up_bimi("two.test", resolver).reason, "two.test wants no picture");
}

}  // namespace
}  // namespace posthouse::mailauth
