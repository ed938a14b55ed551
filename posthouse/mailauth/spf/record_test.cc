#include "posthouse/mailauth/spf/record.h"

#include <gtest/gtest.h>

#include "posthouse/mailauth/spf/macro.h"

namespace posthouse::mailauth {
namespace {

std::string wrong_in_record(const std::string& text) {
  std::string why = "nothing";
  return SpfRecord::parse(text, &why) ? "good" : why;
}

TEST(SpfRecord, Terms) {
  const auto record =
      SpfRecord::parse("v=spf1 mx/24//64 ~a:mail.one.test ?ip4:192.0.2.0/24 -ip6:2001:db8::/32 exp=e.one.test");
  ASSERT_TRUE(record);
  ASSERT_EQ(record->terms.size(), 4U);
  EXPECT_EQ(record->terms[0].mechanism, SpfMechanism::mx);
  EXPECT_EQ(record->terms[0].qualifier, Verdict::pass);
  EXPECT_EQ(record->terms[0].ip4_prefix, 24U);
  EXPECT_EQ(record->terms[0].ip6_prefix, 64U);
  EXPECT_EQ(record->terms[1].qualifier, Verdict::softfail);
  EXPECT_EQ(record->terms[1].domain, "mail.one.test");
  EXPECT_EQ(record->terms[2].qualifier, Verdict::neutral);
  EXPECT_EQ(record->terms[2].network, std::string("\xC0\x00\x02\x00", 4));
  EXPECT_EQ(record->terms[3].qualifier, Verdict::fail);
  EXPECT_EQ(record->terms[3].network.size(), 16U);
  EXPECT_EQ(record->exp, "e.one.test");
  EXPECT_FALSE(record->redirect);
}

// Section 4.6: one thing wrong anywhere, and all of it is.
TEST(SpfRecord, AnythingWrongIsAllWrong) {
  EXPECT_EQ(wrong_in_record("v=spf1 ip4:1.2.3.4 -all moo"), "\"moo\" is no mechanism");
  EXPECT_EQ(wrong_in_record("v=spf1 a:1.2.3.4 -all"),
            "\"a:1.2.3.4\" names an address where a domain belongs (ip4 and ip6 take addresses)");
  for (const char* text : {"v=spf1 -",
                           "v=spf1 all.",
                           "v=spf1 all:x.test",
                           "v=spf1 all/8",
                           "v=spf1 include",
                           "v=spf1 exists:",
                           "v=spf1 ptr/0",
                           "v=spf1 a:",
                           "v=spf1 a/33",
                           "v=spf1 a/032",
                           "v=spf1 a//129",
                           "v=spf1 a/24/64",
                           "v=spf1 a/",
                           "v=spf1 a:museum",
                           "v=spf1 a:one.test/24/24",
                           "v=spf1 ip4:1.2.3",
                           "v=spf1 ip4:01.2.3.4",
                           "v=spf1 ip4:1.2.3.4:25",
                           "v=spf1 ip4:::1",
                           "v=spf1 ip6:1.2.3.4",
                           "v=spf1 ip6:[::1]",
                           "v=spf1 ip6:fe80::1%eth0",
                           "v=spf1 ip4:1.2.3.4//32",
                           "v=spf1 =all",
                           "v=spf1 1up=foo",
                           "v=spf1 -exp=e.one.test",
                           "v=spf1 exp=-all",
                           "v=spf1 redirect=",
                           "v=spf1 redirect=?all",
                           "v=spf1 redirect:one.test",
                           "v=spf1 exp=a.test exp=b.test",
                           "v=spf1 redirect=a.test redirect=b.test",
                           "v=spf1 moo.cow/far_out=man:dog/cat",
                           "v=spf1 moo.cow:far_out=man:dog/cat",
                           "v=spf1 x=%{c}",
                           "v=spf1 x=%",
                           "v=spf1 exists:%(ir).one.test",
                           "v=spf1 exists:%{r}.one.test",
                           "v=spf1 a:%{l0}.one.test",
                           "v=spf1 a:\xC3\xA4.test",
                           "v=spf1 a:one.test\rptr",
                           "v=spf1\tall",
                           "v=spf10 all"}) {
    EXPECT_NE(wrong_in_record(text), "good") << text;
  }
}

TEST(SpfRecord, WhatIsUnusualAndRight) {
  for (const char* text :
       {"v=spf1", "V=SPF1 ", "v=spf1  a  -all ", "v=spf1 moo.cow-far_out=man:dog/cat ip4:1.2.3.4 -all",
        "v=spf1 default=+", "v=spf1 a:foo:bar/baz.one.test", "v=spf1 a:foo.xn--zckzah", "v=spf1 a:one.test.",
        "v=spf1 exists:%{l1r+-}.%{d}", "v=spf1 a:%{H}", "v=spf1 a:%{d}/24//64", "v=spf1 a:x%%",
        "v=spf1 a:abc..one.test", "v=spf1 ip6:::1.1.1.1/0", "v=spf1 x="}) {
    EXPECT_EQ(wrong_in_record(text), "good") << text;
  }
}

// The examples of RFC 7208 section 7.4.
TEST(SpfMacro, ExamplesOfTheRfc) {
  MacroValues values{
      .ip = net::Address("192.0.2.3", 0), .local_part = "strong-bad", .sender_domain = "email.example.com"};
  values.domain = "email.example.com";
  const auto expanded = [&](const char* text) { return expand_macros(text, values).value_or("nothing"); };
  EXPECT_EQ(expanded("%{s}"), "strong-bad@email.example.com");
  EXPECT_EQ(expanded("%{o}"), "email.example.com");
  EXPECT_EQ(expanded("%{d4}"), "email.example.com");
  EXPECT_EQ(expanded("%{d2}"), "example.com");
  EXPECT_EQ(expanded("%{d1}"), "com");
  EXPECT_EQ(expanded("%{dr}"), "com.example.email");
  EXPECT_EQ(expanded("%{d2r}"), "example.email");
  EXPECT_EQ(expanded("%{l-}"), "strong.bad");
  EXPECT_EQ(expanded("%{lr-}"), "bad.strong");
  EXPECT_EQ(expanded("%{l1r-}"), "strong");
  EXPECT_EQ(expanded("%{ir}.%{v}._spf.%{d2}"), "3.2.0.192.in-addr._spf.example.com");
  EXPECT_EQ(expanded("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}"), "bad.strong.lp.3.2.0.192.in-addr._spf.example.com");
  EXPECT_EQ(expanded("%{d2}.trusted-domains.example.net"), "example.com.trusted-domains.example.net");
  EXPECT_EQ(expanded("%%%_%-"), "% %20");
  values.ip = net::Address("2001:db8::cb01", 0);
  EXPECT_EQ(expanded("%{ir}.%{v}._spf.%{d2}"),
            "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com");
  EXPECT_EQ(expanded("%{c}"), "2001:db8::cb01");
  values.local_part = "~jack&jill=up-a_b3.c";
  EXPECT_EQ(expanded("%{L}"), "~jack%26jill%3Dup-a_b3.c");
}

TEST(SpfMacro, LongNamesLoseLabelsOnTheLeft) {
  MacroValues values;
  values.domain = std::string(60, 'a') + '.' + std::string(60, 'b');
  const std::string name = expand_domain("%{d}.%{d}.%{d}.test.", values);
  EXPECT_LE(name.size(), 253U);
  EXPECT_EQ(name, values.domain + '.' + values.domain + ".test");
  // No bomb: what would be longer than 64 KiB is nothing.
  values.local_part = std::string(1'000, 'x');
  std::string text;
  for (int i = 0; i < 1'000; ++i) {
    text += "%{l}";
  }
  EXPECT_FALSE(expand_macros(text, values));
  EXPECT_EQ(expand_domain(text, values), "");
}

}  // namespace
}  // namespace posthouse::mailauth
