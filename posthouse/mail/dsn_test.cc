#include "posthouse/mail/dsn.h"

#include <gtest/gtest.h>

namespace posthouse::mail {
namespace {

TEST(Notify, IsNeverOrAList) {
  EXPECT_TRUE(Notify::parse("never")->said());
  EXPECT_FALSE(Notify::parse("NEVER")->failure());
  EXPECT_FALSE(Notify::parse("NEVER")->delay());
  const auto some = Notify::parse("Success,DELAY");
  ASSERT_TRUE(some);
  EXPECT_TRUE(some->success());
  EXPECT_TRUE(some->delay());
  EXPECT_FALSE(some->failure());
  EXPECT_EQ(some->to_string(), "SUCCESS,DELAY");
  EXPECT_EQ(Notify::parse("DELAY,FAILURE,SUCCESS")->bits(), 14U);
  for (const auto* wrong : {"", ",", "NEVER,SUCCESS", "SUCCESS,NEVER", "SUCCESS,SUCCESS", "SUCCESS,", "ALWAYS",
                            " NEVER", "SUCCESS, DELAY"}) {
    EXPECT_FALSE(Notify::parse(wrong)) << wrong;
  }
}

TEST(Notify, UnsaidTellsOfWhatIsBad) {
  const Notify unsaid;
  EXPECT_FALSE(unsaid.said());
  EXPECT_TRUE(unsaid.failure());
  EXPECT_TRUE(unsaid.delay());
  EXPECT_FALSE(unsaid.success());
  EXPECT_EQ(unsaid.to_string(), "");
  EXPECT_EQ(unsaid.without_success(), unsaid);
  EXPECT_EQ(Notify::parse("SUCCESS")->without_success(), Notify::never()) << "who asked for nothing else gets nothing";
  EXPECT_EQ(Notify::parse("SUCCESS,FAILURE")->without_success(), *Notify::parse("FAILURE"));
  EXPECT_EQ(Notify(255), Notify::never());
}

TEST(Xtext, ThereAndBack) {
  const std::string all = "a+b=c d\x7F\xFF~!";
  EXPECT_EQ(encode_xtext(all), "a+2Bb+3Dc+20d+7F+FF~!");
  EXPECT_EQ(decode_xtext(encode_xtext(all)), all);
  for (const auto* wrong : {"", "a b", "a=b", "+2", "+", "+2b", "+GG", "\xC3\xA4", "a\x7F"}) {
    EXPECT_FALSE(decode_xtext(wrong)) << wrong;
  }
}

TEST(Envid, IsBounded) {
  EXPECT_EQ(parse_envid("QQ314159"), "QQ314159");
  EXPECT_EQ(parse_envid("a+20b"), "a b");
  EXPECT_FALSE(parse_envid("a+0D+0Ab")) << "no lines of its own in a report";
  EXPECT_TRUE(parse_envid(std::string(100, 'x')));
  EXPECT_FALSE(parse_envid(std::string(101, 'x')));
  EXPECT_FALSE(parse_envid(""));
}

TEST(Orcpt, HasATypeAndAnAddress) {
  EXPECT_EQ(parse_orcpt("rfc822;Bob+2Btag@two.test", false), "rfc822;Bob+tag@two.test");
  EXPECT_EQ(parse_orcpt("RFC822;a;b", false), "rfc822;a;b");
  EXPECT_EQ(parse_orcpt("x400;/g=bob", false), std::nullopt) << "= is +3D";
  for (const auto* wrong :
       {"", "bob@two.test", ";bob@two.test", "rfc822;", "rf c;x", "rfc822;a+0Ab", "rfc822;\xC3\xA4"}) {
    EXPECT_FALSE(parse_orcpt(wrong, true)) << wrong;
  }
  EXPECT_TRUE(parse_orcpt("rfc822;" + std::string(493, 'x'), false));
  EXPECT_FALSE(parse_orcpt("rfc822;" + std::string(494, 'x'), false));
}

TEST(Orcpt, InUnicode) {
  EXPECT_EQ(parse_orcpt("utf-8;\\x{5F20}@two.test", false), "utf-8;张@two.test");
  EXPECT_EQ(parse_orcpt("utf-8;张@two.test", true), "utf-8;张@two.test");
  EXPECT_EQ(parse_orcpt("utf-8;a\\x{2B}b\\x{1F600}", false), "utf-8;a+b😀");
  EXPECT_FALSE(parse_orcpt("utf-8;张@two.test", false)) << "not without SMTPUTF8";
  for (const auto* wrong :
       {"utf-8;\\x{5f20}", "utf-8;\\x{D800}", "utf-8;\\x{110000}", "utf-8;\\x{41}", "utf-8;\\x{00A0}", "utf-8;\\x{0A}",
        "utf-8;\\x{5F20", "utf-8;\\", "utf-8;a+b", "utf-8;\xC3\x28"}) {
    EXPECT_FALSE(parse_orcpt(wrong, true)) << wrong;
  }
  EXPECT_EQ(write_orcpt("utf-8;张@two.test", false), "utf-8;\\x{5F20}@two.test");
  EXPECT_EQ(write_orcpt("utf-8;张@two.test", true), "utf-8;张@two.test");
  EXPECT_EQ(write_orcpt("rfc822;a+b@two.test", true), "rfc822;a+2Bb@two.test");
  EXPECT_EQ(write_orcpt("rfc822;" + std::string(600, 'x'), true), "");
  EXPECT_EQ(write_orcpt(orcpt_of("张=x@two.test"), false), "utf-8;\\x{5F20}\\x{3D}x@two.test");
  EXPECT_EQ(orcpt_of("bob@two.test"), "rfc822;bob@two.test");
}

}  // namespace
}  // namespace posthouse::mail
