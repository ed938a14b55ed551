#include "posthouse/imap/server/list_matching.h"

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

TEST(ListMatching, WildcardsStandForWhatTheySay) {
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("*", "a/b/c"));
  EXPECT_TRUE(matches_pattern("%", "abc"));
  EXPECT_FALSE(matches_pattern("%", "a/b"));
  EXPECT_TRUE(matches_pattern("%/%", "a/b"));
  EXPECT_FALSE(matches_pattern("%/%", "a/b/c"));
  EXPECT_TRUE(matches_pattern("a%c", "abc"));
  EXPECT_TRUE(matches_pattern("a%c", "ac"));
  EXPECT_FALSE(matches_pattern("a%c", "abd"));
  EXPECT_TRUE(matches_pattern("*b%", "a/xbc"));
  EXPECT_FALSE(matches_pattern("*b%", "a/xb/c"));
  EXPECT_TRUE(matches_pattern("%*%", "a/b"));
  EXPECT_TRUE(matches_pattern("%%%a", "ba"));
  EXPECT_FALSE(matches_pattern("", "a"));
  EXPECT_FALSE(matches_pattern("ab", "a"));
}

TEST(ListMatching, InboxMatchesInAnyCase) {
  EXPECT_TRUE(matches_pattern("inb%", "INBOX"));
  EXPECT_FALSE(matches_pattern("work", "WORK"));
}

TEST(ListMatching, LongPatternsOfWildcardsTakeNoLongerThanOthers) {
  std::string pattern;
  for (int i = 0; i < 2'000; ++i) {
    pattern += "*a";
  }
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(1'000, 'a')));
  EXPECT_FALSE(matches_pattern(pattern + pattern + pattern, std::string(10'000, 'a')));
}

}  // namespace
}  // namespace posthouse::imap
