#include "posthouse/store/scripts/memory.h"

#include <cstdint>
#include <string>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

constexpr int forgotten_at_once = 200;

std::string mark_of(std::string_view what) {
  return hex_encode(sha256(what));
}

/// Of what ends first, as many rows as one job may remove.
void forget_until(sql::Connection& db, AccountId account, std::int64_t until) {
  std::vector<std::string> marks;
  for (auto&& [mark] :
       db.query<std::string>("SELECT mark FROM sieve_memory WHERE account_id = ? AND until <= ? ORDER BY until LIMIT ?",
                             account, until, forgotten_at_once)) {
    marks.push_back(mark);
  }
  for (const std::string& mark : marks) {
    db.exec("DELETE FROM sieve_memory WHERE account_id = ? AND mark = ?", account, mark);
  }
}

}  // namespace

bool remembers(Read& read, AccountId account, std::string_view what, Moment now) {
  return own_tables(read)
      .query_optional<int>("SELECT 1 FROM sieve_memory WHERE account_id = ? AND mark = ? AND until > ?", account,
                           mark_of(what), stored(now))
      .has_value();
}

bool remember(Write& write, AccountId account, std::string_view what, Moment now, Moment until, bool renew) {
  sql::Connection& db = own_tables(write);
  const std::string mark = mark_of(what);
  const bool known = remembers(write, account, what, now);
  if (known && !renew) {
    return false;
  }
  forget_until(db, account, stored(now));
  if (db.exec("DELETE FROM sieve_memory WHERE account_id = ? AND mark = ?", account, mark) == 0) {
    // The one that ends first makes room.
    const auto over = db.query_optional<std::int64_t>(
        "SELECT until FROM sieve_memory WHERE account_id = ? ORDER BY until DESC LIMIT 1 OFFSET ?", account,
        most_remembered - 1);
    if (over) {
      forget_until(db, account, *over);
    }
  }
  if (db.exec("INSERT INTO sieve_memory (account_id, mark, until) SELECT id, ?, ? FROM account WHERE id = ?", mark,
              stored(until), account) == 0) {
    throw Error(Errc::no_such_account, fmt::format("there is no account {}", account));
  }
  return !known;
}

bool forget_some(sql::Connection& db, AccountId account) {
  const auto rest = db.query_optional<std::int64_t>(
      "SELECT until FROM sieve_memory WHERE account_id = ? ORDER BY until LIMIT 1 OFFSET ?", account,
      forgotten_at_once);
  if (!rest) {
    db.exec("DELETE FROM sieve_memory WHERE account_id = ?", account);
    return false;
  }
  forget_until(db, account, *rest);
  return true;
}

}  // namespace posthouse::store
