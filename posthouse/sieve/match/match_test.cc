#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/sieve/match/comparator.h"
#include "posthouse/sieve/match/regex.h"
#include "posthouse/sieve/match/wildcard.h"

namespace posthouse::sieve {
namespace {

std::vector<std::string> captured(std::string_view value, std::string_view pattern,
                                  Comparator comparator = Comparator::ascii_casemap) {
  std::vector<std::string_view> found;
  std::uint64_t work = 0;
  if (!Wildcard(comparator, pattern).match(value, &found, work)) {
    return {};
  }
  return {found.begin(), found.end()};
}

using Strings = std::vector<std::string>;

TEST(Wildcard, WildcardsTakeAsLittleAsTheyCan) {
  EXPECT_EQ(captured("[acme-users] [fwd] version 1.0 is out", "[*] *"),
            (Strings{"[acme-users] [fwd] version 1.0 is out", "acme-users", "[fwd] version 1.0 is out"}));
  EXPECT_EQ(captured("frop:frup:frap", "*:*"), (Strings{"frop:frup:frap", "frop", "frup:frap"}));
  EXPECT_EQ(captured("aabaab", "*ab*"), (Strings{"aabaab", "a", "aab"}));
  EXPECT_EQ(captured("", "*"), (Strings{"", ""}));
  EXPECT_EQ(captured("abc", "a?c"), (Strings{"abc", "b"}));
  EXPECT_EQ(captured("über", "?BER"), (Strings{"über", "ü"}));
  EXPECT_EQ(captured("a*c", "a\\*c"), (Strings{"a*c"}));
  EXPECT_EQ(captured("abc", "a\\*c"), Strings{});
  EXPECT_EQ(captured("abcd", "*bc"), Strings{});
  EXPECT_EQ(captured("abcbc", "*bc"), (Strings{"abcbc", "abc"}));
  EXPECT_EQ(captured("ABC", "abc", Comparator::octet), Strings{});
  EXPECT_EQ(captured("STRASSE ÄÖ", "*äö", Comparator::unicode_casemap), (Strings{"STRASSE ÄÖ", "STRASSE "}));
}

TEST(Wildcard, WhatWouldTakeForeverIsGivenUp) {
  const std::string value(64 * 1024, 'a');
  const std::string pattern = "*" + std::string(4096, 'a') + "b" + "*";
  std::uint64_t work = 0;
  EXPECT_FALSE(Wildcard(Comparator::octet, pattern).match(value, nullptr, work));
  EXPECT_GT(work, 1'000'000U);
}

TEST(Comparators, NumbersOfAnyLength) {
  const auto numeric = [](std::string_view a, std::string_view b) { return compare(Comparator::ascii_numeric, a, b); };
  EXPECT_TRUE(numeric("99999999999999999999999", "100000000000000000000000") < 0);
  EXPECT_TRUE(numeric("007", "7") == 0);
  EXPECT_TRUE(numeric("12 apples", "12") == 0);
  EXPECT_TRUE(numeric("apples", "12") > 0);
  EXPECT_TRUE(numeric("apples", "pears") == 0);
  EXPECT_TRUE(compare(Comparator::ascii_casemap, "ANN", "ann") == 0);
  EXPECT_TRUE(compare(Comparator::octet, "ANN", "ann") < 0);
}

TEST(Regex, LeftmostLongest) {
  std::string why;
  const auto regex = Regex::compile("(a|ab)(c|bcd)(d*)", Comparator::ascii_casemap, 1U << 20U, why);
  ASSERT_TRUE(regex) << why;
  std::vector<std::string_view> found;
  std::uint64_t work = 0;
  ASSERT_TRUE(regex->match("xABCDy", &found, work));
  EXPECT_EQ(found.front(), "ABCD");
}

TEST(Regex, WhatIsNoneIsTold) {
  for (const char* pattern : {"[", "(+a)", "a[]b", "(", "*a)"}) {
    std::string why;
    EXPECT_FALSE(Regex::compile(pattern, Comparator::ascii_casemap, 1U << 20U, why)) << pattern;
    EXPECT_FALSE(why.empty());
  }
}

TEST(Regex, MemoryIsBounded) {
  std::string why;
  EXPECT_FALSE(Regex::compile("((a{100}){100}){100}", Comparator::ascii_casemap, 1U << 20U, why));
}

}  // namespace
}  // namespace posthouse::sieve
