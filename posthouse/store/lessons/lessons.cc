#include "posthouse/store/lessons/lessons.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

constexpr std::size_t words_of_a_query = 500;
constexpr int forgotten_words = 500;

const char* column_of(bool unwanted) {
  return unwanted ? "unwanted" : "wanted";
}

void make_pupil(sql::Connection& db, AccountId pupil) {
  db.exec(
      "INSERT INTO judge_pupil (pupil, wanted, unwanted, words) SELECT ?, 0, 0, 0 WHERE NOT EXISTS "
      "(SELECT 1 FROM judge_pupil WHERE pupil = ?)",
      pupil, pupil);
}

void count_message(sql::Connection& db, AccountId pupil, bool unwanted, bool more) {
  const char* column = column_of(unwanted);
  if (more) {
    make_pupil(db, pupil);
    db.exec(fmt::format("UPDATE judge_pupil SET {0} = {0} + 1 WHERE pupil = ?", column), pupil);
  } else {
    db.exec(fmt::format("UPDATE judge_pupil SET {0} = {0} - 1 WHERE pupil = ? AND {0} > 0", column), pupil);
  }
}

/// Those of `words` that have a row.
std::unordered_set<std::int64_t> known_words(sql::Connection& db, AccountId pupil,
                                             std::span<const std::int64_t> words) {
  std::unordered_set<std::int64_t> known;
  for (std::size_t at = 0; at < words.size(); at += words_of_a_query) {
    const auto some = words.subspan(at, std::min(words_of_a_query, words.size() - at));
    // Numbers only: nothing in them could be SQL.
    for (auto [word] : db.query<std::int64_t>(
             fmt::format("SELECT word FROM judge_word WHERE pupil = ? AND word IN ({})", fmt::join(some, ",")),
             pupil)) {
      known.insert(word);
    }
  }
  return known;
}

void add_words(sql::Connection& db, AccountId pupil, std::span<const std::int64_t> words, bool unwanted) {
  const auto known = known_words(db, pupil, words);
  std::vector<std::pair<AccountId, std::int64_t>> old;
  std::vector<std::pair<AccountId, std::int64_t>> fresh;
  for (const std::int64_t word : words) {
    (known.contains(word) ? old : fresh).emplace_back(pupil, word);
  }
  db.exec_each(fmt::format("UPDATE judge_word SET {0} = {0} + 1 WHERE pupil = ? AND word = ?", column_of(unwanted)),
               old);
  const auto kept = db.query_optional<std::int64_t>("SELECT words FROM judge_pupil WHERE pupil = ?", pupil).value_or(0);
  if (fresh.empty() || kept + static_cast<std::int64_t>(fresh.size()) > most_words_of_pupil) {
    return;
  }
  db.exec_each(fmt::format("INSERT INTO judge_word (pupil, word, wanted, unwanted) VALUES (?, ?, {}, {})",
                           unwanted ? 0 : 1, unwanted ? 1 : 0),
               fresh);
  db.exec("UPDATE judge_pupil SET words = words + ? WHERE pupil = ?", fresh.size(), pupil);
}

}  // namespace

LessonTotals lesson_totals(Read& read, AccountId pupil) {
  const auto row = own_tables(read).query_optional<std::uint32_t, std::uint32_t>(
      "SELECT wanted, unwanted FROM judge_pupil WHERE pupil = ?", pupil);
  return row ? LessonTotals{std::get<0>(*row), std::get<1>(*row)} : LessonTotals{};
}

std::vector<WordTally> word_tallies(Read& read, AccountId pupil, std::span<const std::int64_t> words) {
  std::vector<WordTally> found;
  for (std::size_t at = 0; at < words.size(); at += words_of_a_query) {
    const auto some = words.subspan(at, std::min(words_of_a_query, words.size() - at));
    for (const auto& [word, wanted, unwanted] : own_tables(read).query<std::int64_t, std::uint32_t, std::uint32_t>(
             fmt::format("SELECT word, wanted, unwanted FROM judge_word WHERE pupil = ? AND word IN ({})",
                         fmt::join(some, ",")),
             pupil)) {
      found.push_back({word, wanted, unwanted});
    }
  }
  return found;
}

std::optional<bool> lesson_of(Read& read, AccountId account, MessageId message) {
  const auto unwanted = own_tables(read).query_optional<int>(
      "SELECT unwanted FROM judge_lesson WHERE account_id = ? AND message_id = ?", account, message);
  return unwanted ? std::optional(*unwanted != 0) : std::nullopt;
}

std::optional<bool> begin_lesson(Write& write, AccountId account, MessageId message, bool unwanted) {
  sql::Connection& db = own_tables(write);
  const std::optional<bool> before = lesson_of(write, account, message);
  if (before == unwanted) {
    return before;
  }
  if (before) {
    db.exec("UPDATE judge_lesson SET unwanted = ? WHERE account_id = ? AND message_id = ?", unwanted ? 1 : 0, account,
            message);
  } else {
    if (db.exec("INSERT INTO judge_lesson (account_id, message_id, unwanted) SELECT id, ?, ? FROM account WHERE id = ?",
                message, unwanted ? 1 : 0, account) == 0) {
      throw Error(Errc::no_such_account, fmt::format("there is no account {}", account));
    }
    const auto oldest = db.query_optional<MessageId>(
        "SELECT message_id FROM judge_lesson WHERE account_id = ? ORDER BY message_id DESC LIMIT 1 OFFSET ?", account,
        most_lessons_remembered);
    if (oldest) {
      db.exec("DELETE FROM judge_lesson WHERE account_id = ? AND message_id <= ?", account, *oldest);
    }
  }
  for (const AccountId pupil : {account, pupil_all}) {
    if (before) {
      count_message(db, pupil, *before, false);
    }
    count_message(db, pupil, unwanted, true);
  }
  return before;
}

void count_words(Write& write, AccountId pupil, std::span<const std::int64_t> words, bool unwanted, bool more) {
  sql::Connection& db = own_tables(write);
  if (more) {
    return add_words(db, pupil, words, unwanted);
  }
  std::vector<std::pair<AccountId, std::int64_t>> rows;
  for (const std::int64_t word : words) {
    rows.emplace_back(pupil, word);
  }
  db.exec_each(
      fmt::format("UPDATE judge_word SET {0} = {0} - 1 WHERE pupil = ? AND word = ? AND {0} > 0", column_of(unwanted)),
      rows);
}

bool forget_some_lessons(sql::Connection& db, AccountId account) {
  std::vector<std::pair<AccountId, std::int64_t>> words;
  for (auto [word] :
       db.query<std::int64_t>("SELECT word FROM judge_word WHERE pupil = ? LIMIT ?", account, forgotten_words)) {
    words.emplace_back(account, word);
  }
  if (!words.empty()) {
    db.exec_each("DELETE FROM judge_word WHERE pupil = ? AND word = ?", words);
    return true;
  }
  db.exec("DELETE FROM judge_pupil WHERE pupil = ?", account);
  db.exec("DELETE FROM judge_lesson WHERE account_id = ?", account);
  return false;
}

}  // namespace posthouse::store
