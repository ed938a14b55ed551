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
