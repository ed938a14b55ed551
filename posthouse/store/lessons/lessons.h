#pragma once
// What people have taught about wanted and unwanted mail: how many messages of each sort a word was in. By *pupil*: an account,
// or everybody (pupil_all). What a word is, is for whoever counts to know.
//
// A *lesson* is a message that an account's owner has sorted; it counts for the account and for everybody, once, and can be
// taken back.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Everybody together.
inline constexpr AccountId pupil_all = 0;

/// Words that are kept of a pupil at most; those that come later are not learned.
inline constexpr std::int64_t most_words_of_pupil = 1'000'000;
/// Lessons that are remembered of an account; older ones cannot be taken back.
inline constexpr std::int64_t most_lessons_remembered = 20'000;

/// A word and how many messages it was in.
struct WordTally {
  std::int64_t word = 0;
  std::uint32_t wanted = 0;
  std::uint32_t unwanted = 0;

  bool operator==(const WordTally&) const = default;
};

/// How many messages were learned.
struct LessonTotals {
  std::uint32_t wanted = 0;
  std::uint32_t unwanted = 0;

  bool operator==(const LessonTotals&) const = default;
};

LessonTotals lesson_totals(Read& read, AccountId pupil);

/// Those of `words` that are known, in no order. Some thousand words at most.
std::vector<WordTally> word_tallies(Read& read, AccountId pupil, std::span<const std::int64_t> words);

/// What `message` was last learned as by `account`: true is unwanted. Nothing when it was not.
std::optional<bool> lesson_of(Read& read, AccountId account, MessageId message);

/// Writes down that `account` teaches that `message` is `unwanted`, and counts it, instead of what it has taught before. What
/// that was is returned: its words are to be taken back. Words are counted apart (count_words), so that nobody waits for
/// many of them. Throws Error no_such_account.
std::optional<bool> begin_lesson(Write& write, AccountId account, MessageId message, bool unwanted);

/// Counts one message more of a sort with these words, or one less. Some hundred words a job are enough.
void count_words(Write& write, AccountId pupil, std::span<const std::int64_t> words, bool unwanted, bool more);

/// Forgets some of what an account that goes has taught; true when there may be more. Private to this module.
bool forget_some_lessons(sql::Connection& db, AccountId account);

}  // namespace posthouse::store
