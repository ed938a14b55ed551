#include "posthouse/mime/fields/authentication_results.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

// The forms of RFC 8601 appendix B.
TEST(AuthenticationResults, Nothing) {
  const AuthenticationResults none = parse_authentication_results(" example.org 1; none");
  EXPECT_EQ(none.authserv_id, "example.org");
  EXPECT_EQ(none.version, 1U);
  EXPECT_TRUE(none.results.empty());
  EXPECT_TRUE(none.valid);
}

TEST(AuthenticationResults, SeveralMethods) {
  const AuthenticationResults found = parse_authentication_results(
      " example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n"
      "\tspf=fail smtp.mailfrom=example.net; dkim / 1 = PASS reason=\"good \\\"key\\\"\" (2048-bit key) (x; y)\r\n"
      " header.d=example.com header.i=@example.com header.b=\"abc/+=\"");
  EXPECT_TRUE(found.valid);
  ASSERT_EQ(found.results.size(), 3U);
  EXPECT_EQ(found.results[0].comment, "cram-md5");
  EXPECT_EQ(*found.results[0].find("smtp.auth"), "sender@example.net");
  EXPECT_EQ(found.find("spf")->result, "fail");
  const AuthenticationResult& dkim = *found.find("dkim");
  EXPECT_EQ(dkim.result, "pass");
  EXPECT_EQ(dkim.reason, "good \"key\"");
  EXPECT_EQ(dkim.comment, "2048-bit key x; y");
  EXPECT_EQ(*dkim.find("header.i"), "@example.com");
  EXPECT_EQ(*dkim.find("header.b"), "abc/+=");
  EXPECT_EQ(dkim.find("header.s"), nullptr);
  EXPECT_EQ(found.find("dmarc"), nullptr);
}

TEST(AuthenticationResults, Arc) {
  const AuthenticationResults found = parse_authentication_results("i=2; lists.test; arc=none (no seals); spf=pass");
  EXPECT_EQ(found.instance, 2U);
  EXPECT_EQ(found.authserv_id, "lists.test");
  EXPECT_EQ(found.results.size(), 2U);
  EXPECT_TRUE(found.valid);
}

TEST(AuthenticationResults, BestEffort) {
  const AuthenticationResults odd =
      parse_authentication_results("mx.test; dmarc=fail action=none header.from=a.test; ???; spf=pass;");
  EXPECT_FALSE(odd.valid);
  ASSERT_EQ(odd.results.size(), 2U);
  EXPECT_EQ(*odd.results[0].find("header.from"), "a.test");
  EXPECT_EQ(odd.results[0].properties[0], (AuthenticationProperty{"", "action", "none"}));
  EXPECT_EQ(odd.results[1].method, "spf");
  for (const char* text : {"", ";", "mx.test", "mx.test; spf", "mx.test 2; none", "(open", "mx.test; spf=", "\"x"}) {
    EXPECT_FALSE(parse_authentication_results(text).valid) << text;
  }
  EXPECT_TRUE(parse_authentication_results("mx.test; spf=pass;").valid);
}

// Office 365 writes no name in front, Gmail methods of its own; addresses may have quotes (RFC 8601 section 2.2).
TEST(AuthenticationResults, WhatProvidersWrite) {
  const AuthenticationResults nameless = parse_authentication_results(
      "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=one.test; two.test; dkim=pass (signature was verified)\r\n"
      " header.d=one.test;two.test; dmarc=pass action=none header.from=one.test;compauth=pass reason=100");
  EXPECT_EQ(nameless.authserv_id, "");
  EXPECT_FALSE(nameless.valid);
  ASSERT_EQ(nameless.results.size(), 4U);
  EXPECT_EQ(*nameless.find("spf")->find("smtp.mailfrom"), "one.test");
  EXPECT_EQ(nameless.find("compauth")->reason, "100");
  EXPECT_EQ(parse_authentication_results("auth=pass smtp.auth=x smtp.mailfrom=op@one.test").results.size(), 1U);
  const AuthenticationResults gmail = parse_authentication_results(
      "mx.google.test; dkim=pass header.i=@s.test; gateway.spf=pass (x) smtp.mailfrom=m@from.test policy.d=r.test");
  EXPECT_TRUE(gmail.valid);
  EXPECT_EQ(*gmail.find("gateway.spf")->find("smtp.mailfrom"), "m@from.test");
  const AuthenticationResults quoted =
      parse_authentication_results("mx.test; spf=pass smtp.mailfrom=\"a b\"@one.test smtp.helo=x.test");
  EXPECT_TRUE(quoted.valid);
  EXPECT_EQ(*quoted.find("spf")->find("smtp.mailfrom"), "\"a b\"@one.test");
  EXPECT_EQ(*quoted.find("spf")->find("smtp.helo"), "x.test");
}

TEST(AuthenticationResults, AreBounded) {
  std::string many = "mx.test";
  for (int i = 0; i < 5'000; ++i) {
    many += "; spf=pass a.b=c";
  }
  const AuthenticationResults found = parse_authentication_results(many);
  EXPECT_LE(found.results.size(), 1'000U);
  EXPECT_FALSE(found.valid);
}

}  // namespace
}  // namespace posthouse::mime
