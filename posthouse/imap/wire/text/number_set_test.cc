#include "posthouse/imap/wire/text/number_set.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace posthouse::imap {
namespace {

std::string resolved(std::string_view text, std::uint32_t largest) {
  const auto set = SequenceSet::parse(text);
  return set ? set->resolve(largest).to_string() : "none";
}

TEST(SequenceSet, ResolvesStarReversedAndOverlapping) {
  // RFC 9051 section 9, sequence-set: the examples.
  EXPECT_EQ(resolved("2,4:7,9,12:*", 15), "2,4:7,9,12:15");
  EXPECT_EQ(resolved("*:4,5:7", 10), "4:10");
  EXPECT_EQ(resolved("*", 7), "7");
  EXPECT_EQ(resolved("5:*", 3), "3:5");
  EXPECT_EQ(resolved("3:1,2:5,9,10", 20), "1:5,9:10");
  EXPECT_EQ(resolved("1:*", 0), "");
  EXPECT_EQ(resolved("*,7", 0), "7");
  EXPECT_EQ(resolved("1:4294967295", 5), "1:4294967295");
  EXPECT_EQ(resolved("4294967295:*", 4294967295), "4294967295");
}

TEST(SequenceSet, KeepsWhatWasWritten) {
  for (const char* text : {"1", "*", "5:3,1", "1:*,*:1", "$", "7,7,7", "4294967295"}) {
    const auto set = SequenceSet::parse(text);
    ASSERT_TRUE(set) << text;
    EXPECT_EQ(set->to_string(), text);
  }
  EXPECT_TRUE(SequenceSet::parse("$")->is_saved_result());
  EXPECT_TRUE(SequenceSet::parse("3:*")->has_star());
  EXPECT_FALSE(SequenceSet::parse("3:4")->has_star());
  EXPECT_EQ(SequenceSet::parse("3:*,9:5")->largest_named(), 9U);
  EXPECT_EQ(SequenceSet::parse("*")->largest_named(), 0U);
}

TEST(SequenceSet, RefusesWhatIsNone) {
  for (const char* text : {"", "0", "1:0", ",", "1,", ",1", "1::2", "1:2:3", "a", "4294967296", "1 2", "$,1", "1,$",
                           "-1", ":", "99999999999999999999999999"}) {
    EXPECT_FALSE(SequenceSet::parse(text)) << text;
  }
  EXPECT_FALSE(SequenceSet::parse("1,2,3", 2));
  EXPECT_TRUE(SequenceSet::parse("1,2,3", 3));
}

TEST(NumberSet, ReadsSetsWithoutStar) {
  EXPECT_EQ(NumberSet::parse("9,3:1,2:5")->to_string(), "1:5,9");
  EXPECT_FALSE(NumberSet::parse("1:*"));
  EXPECT_FALSE(NumberSet::parse("$"));
  EXPECT_EQ(NumberSet::parse("1:4294967295")->count(), 4294967295U);
}

TEST(NumberSet, IsASet) {
  std::mt19937 random(7);
  NumberSet ours;
  std::set<std::uint32_t> theirs;
  for (int i = 0; i < 3000; ++i) {
    const auto first = static_cast<std::uint32_t>(random() % 400 + 1);
    const auto last = static_cast<std::uint32_t>(first + random() % 5);
    ours.add(i % 2 == 0 ? first : last, i % 2 == 0 ? last : first);
    for (std::uint32_t n = first; n <= last; ++n) {
      theirs.insert(n);
    }
    ASSERT_EQ(ours.count(), theirs.size());
    if (i % 50 == 0) {
      ours = NumberSet();
      theirs.clear();
    }
    for (std::size_t r = 1; r < ours.ranges().size(); ++r) {
      ASSERT_GT(ours.ranges()[r].first, ours.ranges()[r - 1].last + 1);
    }
  }
  for (std::uint32_t n = 1; n < 420; ++n) {
    ASSERT_EQ(ours.contains(n), theirs.count(n) == 1) << n;
  }
  EXPECT_EQ(ours.smallest(), *theirs.begin());
  EXPECT_EQ(ours.largest(), *theirs.rbegin());
  EXPECT_EQ(NumberSet::parse(ours.to_string()), ours);
}

TEST(NumberSet, HasTheLargestNumber) {
  NumberSet set;
  set.add(4294967295U);
  set.add(4294967294U);
  set.add(1);
  EXPECT_EQ(set.to_string(), "1,4294967294:4294967295");
  EXPECT_TRUE(set.contains(4294967295U));
  EXPECT_FALSE(set.contains(2));
  set.add(1, 4294967295U);
  EXPECT_EQ(set.to_string(), "1:4294967295");
}

TEST(NumberSet, IsGoneThroughNumberByNumber) {
  const auto numbers = [](const NumberSet& set) { return std::vector<std::uint32_t>(set.begin(), set.end()); };
  EXPECT_TRUE(numbers({}).empty());
  EXPECT_EQ(numbers(7), std::vector<std::uint32_t>{7});
  EXPECT_EQ(numbers(*NumberSet::parse("9,3:5")), (std::vector<std::uint32_t>{3, 4, 5, 9}));
  constexpr std::uint32_t largest = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(numbers(NumberSet::of({{largest - 1, largest}})), (std::vector<std::uint32_t>{largest - 1, largest}));
  for (auto& number : NumberSet(2)) {  // NOLINT: a reference can be had
    EXPECT_EQ(number, 2U);
  }
  EXPECT_EQ(NumberSet::all().to_string(), "1:4294967295");
}

// Against std::set, over all subsets of a few numbers.
TEST(NumberSet, KnowsWhatTwoHaveInCommon) {
  constexpr std::uint32_t n = 7;
  const auto set_of = [](std::uint32_t bits) {
    NumberSet set;
    for (std::uint32_t i = 0; i < n; ++i) {
      if ((bits >> i & 1U) != 0) {
        set.add(i + 1);
      }
    }
    return set;
  };
  for (std::uint32_t a = 0; a < 1U << n; ++a) {
    for (std::uint32_t b = 0; b < 1U << n; ++b) {
      ASSERT_EQ(in_both(set_of(a), set_of(b)), set_of(a & b));
      ASSERT_EQ(without(set_of(a), set_of(b)), set_of(a & ~b));
      ASSERT_EQ(joined(set_of(a), set_of(b)), set_of(a | b));
    }
  }
  EXPECT_EQ(without(NumberSet::all(), 5).to_string(), "1:4,6:4294967295");
  EXPECT_EQ(without(7, NumberSet::all()).to_string(), "");
}

}  // namespace
}  // namespace posthouse::imap
