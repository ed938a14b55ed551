#include "posthouse/store/lessons/lessons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::UnorderedElementsAre;

class LessonsTest : public StoreOnEachEngine {
 protected:
  std::optional<bool> begin(MessageId message, bool unwanted) {
    return store->write([&](Write& write) { return begin_lesson(write, account, message, unwanted); });
  }
  void count(AccountId pupil, const std::vector<std::int64_t>& words, bool unwanted, bool more = true) {
    store->write([&](Write& write) { count_words(write, pupil, words, unwanted, more); });
  }
  LessonTotals totals(AccountId pupil) {
    return store->read([&](Read& read) { return lesson_totals(read, pupil); });
  }
  std::vector<WordTally> tallies(AccountId pupil, const std::vector<std::int64_t>& words) {
    return store->read([&](Read& read) { return word_tallies(read, pupil, words); });
  }
};

POSTHOUSE_ON_EACH_ENGINE(LessonsTest);

TEST_P(LessonsTest, CountForTheAccountAndForEverybody) {
  EXPECT_EQ(begin(7, true), std::nullopt);
  EXPECT_EQ(begin(8, false), std::nullopt);
  EXPECT_EQ(totals(account), (LessonTotals{.wanted = 1, .unwanted = 1}));
  EXPECT_EQ(totals(pupil_all), (LessonTotals{.wanted = 1, .unwanted = 1}));
  EXPECT_EQ(totals(account + 1), LessonTotals{});
}

TEST_P(LessonsTest, AreTakenBackByOthers) {
  begin(7, true);
  EXPECT_EQ(begin(7, true), true) << "again: it counts once";
  EXPECT_EQ(totals(account), (LessonTotals{.wanted = 0, .unwanted = 1}));
  EXPECT_EQ(begin(7, false), true);
  EXPECT_EQ(totals(account), (LessonTotals{.wanted = 1, .unwanted = 0}));
  EXPECT_EQ(totals(pupil_all), (LessonTotals{.wanted = 1, .unwanted = 0}));
  EXPECT_EQ(store->read([&](Read& read) { return lesson_of(read, account, 7); }), false);
  EXPECT_EQ(store->read([&](Read& read) { return lesson_of(read, account, 9); }), std::nullopt);
}

TEST_P(LessonsTest, WordsAreCountedBySort) {
  begin(7, true);
  const std::int64_t large = std::numeric_limits<std::int64_t>::min();
  count(account, {1, -2, large}, true);
  count(account, {-2, 3}, false);
  count(account, {-2}, true);
  EXPECT_THAT(tallies(account, {1, -2, 3, 4, large}), UnorderedElementsAre(WordTally{1, 0, 1}, WordTally{-2, 1, 2},
                                                                           WordTally{3, 1, 0}, WordTally{large, 0, 1}));
  EXPECT_TRUE(tallies(pupil_all, {1, -2}).empty());
  count(account, {1, -2, 99}, true, false);
  count(account, {1}, true, false);
  EXPECT_THAT(tallies(account, {1, -2, 99}), UnorderedElementsAre(WordTally{1, 0, 0}, WordTally{-2, 1, 1}));
}

TEST_P(LessonsTest, ManyWords) {
  begin(7, false);
  std::vector<std::int64_t> words;
  for (std::int64_t i = 0; i < 1'500; ++i) {
    words.push_back(i * 1'000'003);
  }
  count(account, words, false);
  count(account, words, false);
  const auto found = tallies(account, words);
  ASSERT_EQ(found.size(), words.size());
  EXPECT_EQ(found.front().wanted, 2U);
}

TEST_P(LessonsTest, GoWithTheAccount) {
  begin(7, true);
  count(account, {1, 2, 3}, true);
  count(pupil_all, {1, 2, 3}, true);
  const std::string address = store->accounts().accounts().front().address;
  store->accounts().remove_account(address);
  EXPECT_TRUE(tallies(account, {1, 2, 3}).empty());
  EXPECT_EQ(totals(account), LessonTotals{});
  EXPECT_EQ(tallies(pupil_all, {1, 2, 3}).size(), 3U) << "others go on by them";
  EXPECT_THROW(begin(8, true), Error);
}

}  // namespace
}  // namespace posthouse::store
