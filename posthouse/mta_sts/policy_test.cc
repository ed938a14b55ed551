// Records and policies read, and hosts matched.
#include "posthouse/mta_sts/policy.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::mta_sts {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::optional<Policy> parsed(const std::string& text) {
  std::string why;
  std::optional<Policy> policy = parse_policy(text, why);
  EXPECT_EQ(policy.has_value(), why.empty()) << why;
  return policy;
}

TEST(MtaStsPolicy, OfTheRfcIsRead) {
  for (const std::string end : {"\r\n", "\n"}) {
    const std::string text = "version: STSv1" + end + "mode: enforce" + end + "mx: mail.example.com" + end +
                             "mx: *.Example.net" + end + "mx:backupmx.example.com " + end + "max_age: 604800" + end;
    const auto policy = parsed(text);
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->mode, Mode::enforce);
    EXPECT_THAT(policy->mx, ElementsAre("mail.example.com", "*.example.net", "backupmx.example.com"));
    EXPECT_EQ(policy->max_age, 604800s);
    EXPECT_EQ(policy->text, text);
  }
  EXPECT_TRUE(parsed("version: STSv1\nmode: none\nmax_age: 0")) << "no host is needed";
  EXPECT_EQ(parsed("version: STSv1\nmode: testing\nmx: a.test\nmax_age: 9999999999\nnew-key.1: x y")->max_age,
            31'557'600s);
}

TEST(MtaStsPolicy, TheFirstOfAKeyCounts) {
  const auto policy = parsed("version: STSv1\nmode: testing\nmode: enforce\nmx: a.test\nmax_age: 60\nmax_age: x");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mode, Mode::testing);
  EXPECT_EQ(policy->max_age, 60s);
}

TEST(MtaStsPolicy, WhatIsMalformedIsNone) {
  const std::string rest = "mode: enforce\nmx: a.test\nmax_age: 60\n";
  const std::string good = "version: STSv1\n" + rest;
  ASSERT_TRUE(parsed(good));
  for (const std::string& text : {std::string(),
                                  rest,
                                  "version: STSv2\n" + rest,
                                  std::string("version: STSv1\nmx: a.test\nmax_age: 60\n"),
                                  std::string("version: STSv1\nmode: enforce\nmax_age: 60\n"),
                                  std::string("version: STSv1\nmode: enforce\nmx: a.test\n"),
                                  std::string("version: STSv1\nmode: Enforce\nmx: a.test\nmax_age: 60\n"),
                                  std::string("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: -1\n"),
                                  std::string("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 1d\n"),
                                  std::string("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 12345678901\n"),
                                  good + "mx: a.*.test\n",
                                  good + "mx: *\n",
                                  good + "mx: [192.0.2.1]\n",
                                  good + "mx: \n",
                                  good + "mx: **.test\n",
                                  good + "<html>\n",
                                  good + "a b: c\n",
                                  good + std::string("x: a\0b\n", 7),
                                  good + "x: a\rb\n",
                                  good + "x: " + std::string(policy_limit, 'a')}) {
    EXPECT_FALSE(parsed(text)) << text.substr(0, 200);
  }
}

TEST(MtaStsPolicy, PatternsAreBounded) {
  std::string text = "version: STSv1\nmode: enforce\nmax_age: 60\n";
  for (int i = 0; i < 1000; ++i) {
    text += "mx: a.test\n";
  }
  EXPECT_EQ(parsed(text)->mx.size(), 256U);
}

TEST(MtaStsPolicy, MatchesHosts) {
  const Policy policy{.mx = {"mail.example.com", "*.example.net", "*.xn--bcher-kva.test"}};
  for (const std::string host : {"mail.example.com", "MAIL.Example.com.", "a.example.net",
                                 "mx.b\xC3\xBC"
                                 "cher.test",
                                 "mx.xn--bcher-kva.test"}) {
    EXPECT_TRUE(policy.matches(host)) << host;
  }
  for (const std::string host :
       {"", ".", "example.com", "a.mail.example.com", "example.net", "a.b.example.net", ".example.net", "*.example.net",
        "aexample.net", "[192.0.2.1]", "mail.example.com.evil.test"}) {
    EXPECT_FALSE(policy.matches(host)) << host;
  }
}

TEST(MtaStsRecord, HasOneId) {
  const auto id = [](const std::vector<std::string>& texts) {
    std::string why;
    const auto found = parse_records(texts, why);
    EXPECT_EQ(found.has_value(), why.empty());
    return found.value_or("none");
  };
  EXPECT_EQ(id({"v=STSv1; id=20160831085700Z;"}), "20160831085700Z");
  EXPECT_EQ(id({"v=spf1 -all", "v=STSv1;id=1"}), "1");
  EXPECT_EQ(id({"v=STSv1 ; x=y; id = 1 ; "}), "1");
  for (const std::vector<std::string>& texts :
       std::vector<std::vector<std::string>>{{},
                                             {"v=STSv1; id=1", "v=STSv1; id=1"},
                                             {"v=STSv1"},
                                             {"v=STSv1;"},
                                             {"v=STSv1; id="},
                                             {"v=STSv1; id=a-b"},
                                             {"V=STSv1; id=1"},
                                             {"v=STSv10; id=1"},
                                             {"id=1; v=STSv1"},
                                             {" v=STSv1; id=1"},
                                             {"v=STSv1; id"},
                                             {"v=STSv1; id=" + std::string(33, '1')}}) {
    EXPECT_EQ(id(texts), "none") << (texts.empty() ? "" : texts.front());
  }
}

}  // namespace
}  // namespace posthouse::mta_sts
