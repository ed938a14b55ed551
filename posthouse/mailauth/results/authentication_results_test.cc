#include "posthouse/mailauth/results/authentication_results.h"

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/error.h"

namespace posthouse::mailauth {
namespace {

using mime::AuthenticationResults;

TEST(AuthenticationResults, AreWritten) {
  AuthenticationResults results{.authserv_id = "mx.example.org"};
  EXPECT_EQ(write_authentication_results(results), "mx.example.org; none");
  results.results = {{.method = "spf",
                      .result = "pass",
                      .properties = {{.type = "smtp", .name = "mailfrom", .value = "ann@example.net"}}},
                     {.method = "dkim",
                      .result = "fail",
                      .reason = "the body is not as it was signed",
                      .comment = "2048-bit key",
                      .properties = {{.type = "header", .name = "d", .value = "example.net"},
                                     {.type = "header", .name = "b", .value = "ab/+="}}}};
  EXPECT_EQ(authentication_results_field(results),
            "Authentication-Results: mx.example.org;\r\n"
            "\tspf=pass smtp.mailfrom=ann@example.net;\r\n"
            "\tdkim=fail (2048-bit key) reason=\"the body is not as it was signed\"\r\n"
            "\t header.d=example.net header.b=\"ab/+=\"\r\n");
  results.instance = 3;
  EXPECT_TRUE(
      authentication_results_field(results).starts_with("ARC-Authentication-Results: i=3; mx.example.org;\r\n"));
}

TEST(AuthenticationResults, AreReadAsTheyWereWritten) {
  AuthenticationResults results{.authserv_id = "mx.example.org"};
  for (const char* value :
       {"ann@example.net", "\"odd one\"@example.net", "a;b=c", "2001:db8::1", "", " ", "a\"b\\c", "(x)",
        "b\xC3\xBC"
        "cher@example.net",
        "@example.net", "<>", "postmaster"}) {
    results.results.push_back({.method = "x-test",
                               .result = "pass",
                               .reason = value,
                               .properties = {{.type = "smtp", .name = "mailfrom", .value = value}}});
  }
  const AuthenticationResults read = mime::parse_authentication_results(write_authentication_results(results));
  EXPECT_TRUE(read.valid);
  ASSERT_EQ(read.results.size(), results.results.size());
  for (std::size_t i = 0; i < read.results.size(); ++i) {
    EXPECT_EQ(read.results[i].reason, results.results[i].reason);
    EXPECT_EQ(read.results[i].properties, results.results[i].properties);
  }
}

TEST(AuthenticationResults, NothingFromOutsideBreaksOut) {
  const std::string evil = "x\r\nBcc: victim@example.test\r\n\r\n; dkim=pass header.d=bank.test) \"\\";
  const AuthenticationResults results{
      .authserv_id = "mx.example.org",
      .results = {{.method = "dkim",
                   .result = "fail",
                   .reason = evil,
                   .comment = evil,
                   .properties = {{.type = "header", .name = "d", .value = evil + std::string(2'000, 'x')},
                                  {.type = "header", .name = "s", .value = "\xff\xfe"}}}}};
  const std::string written = authentication_results_field(results);
  const AuthenticationResults read = mime::parse_authentication_results(written.substr(written.find(':') + 1));
  EXPECT_TRUE(read.valid);
  ASSERT_EQ(read.results.size(), 1U);
  EXPECT_EQ(read.results[0].result, "fail");
  for (std::string_view line : split(written, '\n')) {
    EXPECT_LE(line.size(), 998U);
    EXPECT_TRUE(line.empty() || line.starts_with("\t") || line.starts_with("Auth")) << line;
  }
}

TEST(AuthenticationResults, WhatIsNoKeywordIsRefused) {
  const auto refuses = [](const AuthenticationResults& results) {
    try {
      write_authentication_results(results);
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  EXPECT_TRUE(refuses({.authserv_id = ""}));
  EXPECT_TRUE(refuses({.authserv_id = "a\r\nb"}));
  EXPECT_FALSE(refuses({.authserv_id = "[192.0.2.1]"}));
  EXPECT_TRUE(refuses({.authserv_id = "a", .results = {{.method = "d kim", .result = "pass"}}}));
  EXPECT_TRUE(refuses({.authserv_id = "a", .results = {{.method = "dkim", .result = ""}}}));
  EXPECT_TRUE(refuses(
      {.authserv_id = "a",
       .results = {
           {.method = "dkim", .result = "pass", .properties = {{.type = "he;ader", .name = "d", .value = "x"}}}}}));
}

// As Office 365 and Google write them: read by mime, and written again by us so that they say the same.
TEST(AuthenticationResults, OfOthersAreWrittenAgain) {
  for (const char* value :
       {"spf=pass (sender IP is 192.0.2.7)\r\n smtp.mailfrom=example.net; dkim=pass (signature was verified)\r\n "
        "header.d=example.net;dmarc=pass action=none\r\n header.from=example.net;compauth=pass reason=100",
        "mx.google.com;\r\n       dkim=pass header.i=@example.net header.s=20230601 header.b=ABCdef12;\r\n       "
        "spf=pass "
        "(google.com: domain of ann@example.net designates 192.0.2.7 as permitted sender) "
        "smtp.mailfrom=ann@example.net;\r\n       dmarc=pass (p=NONE sp=QUARANTINE dis=NONE) "
        "header.from=example.net"}) {
    AuthenticationResults read = mime::parse_authentication_results(value);
    ASSERT_GE(read.results.size(), 3U);
    EXPECT_EQ(read.find("spf")->result, "pass");
    EXPECT_EQ(read.find("dkim")->result, "pass");
    EXPECT_EQ(*read.find("dmarc")->find("header.from"), "example.net");
    read.authserv_id = "mx.example.org";
    for (auto& result : read.results) {
      std::erase_if(result.properties, [](const auto& property) { return property.type.empty(); });
    }
    const AuthenticationResults again = mime::parse_authentication_results(write_authentication_results(read));
    EXPECT_TRUE(again.valid);
    ASSERT_EQ(again.results.size(), read.results.size());
    for (std::size_t i = 0; i < read.results.size(); ++i) {
      EXPECT_EQ(again.results[i].method, read.results[i].method);
      EXPECT_EQ(again.results[i].result, read.results[i].result);
      EXPECT_EQ(again.results[i].comment, read.results[i].comment);
      EXPECT_EQ(again.results[i].properties, read.results[i].properties);
    }
  }
}

}  // namespace
}  // namespace posthouse::mailauth
