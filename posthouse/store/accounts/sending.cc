#include "posthouse/store/accounts/sending.h"

#include <tuple>

#include <fmt/format.h>

#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

constexpr std::int64_t slots_an_hour = 6;
constexpr std::int64_t slots_a_day = 24 * slots_an_hour;

std::int64_t slot_of(Moment moment) {
  return std::chrono::floor<std::chrono::minutes>(moment).time_since_epoch().count() / 10;
}

SendingUse use_of(sql::Connection& db, AccountId account, Moment now) {
  const std::int64_t slot = slot_of(now);
  const auto& [hour_letters, hour_recipients, letters, recipients] =
      db.query_one<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>(
          "SELECT COALESCE(sum(CASE WHEN slot > ? THEN letters ELSE 0 END), 0), "
          "COALESCE(sum(CASE WHEN slot > ? THEN recipients ELSE 0 END), 0), COALESCE(sum(letters), 0), "
          "COALESCE(sum(recipients), 0) FROM sending_count WHERE account_id = ? AND slot > ?",
          slot - slots_an_hour, slot - slots_an_hour, account, slot - slots_a_day);
  return {hour_letters, hour_recipients, letters, recipients};
}

[[noreturn]] void no_sending_account(AccountId account) {
  throw Error(Errc::no_such_account, fmt::format("there is no account {}", account));
}

/// The row of `account`, made where there is none.
void need_sending_row(sql::Connection& db, AccountId account) {
  if (db.query_optional<int>("SELECT 1 FROM sending_limit WHERE account_id = ?", account)) {
    return;
  }
  if (db.exec("INSERT INTO sending_limit (account_id) SELECT id FROM account WHERE id = ?", account) == 0) {
    no_sending_account(account);
  }
}

}  // namespace

SendingLimits SendingLimits::or_else(const SendingLimits& defaults) const {
  const auto first = [](const std::optional<std::uint64_t>& a, const std::optional<std::uint64_t>& b) {
    return a ? a : b;
  };
  return {.letters_an_hour = first(letters_an_hour, defaults.letters_an_hour),
          .recipients_an_hour = first(recipients_an_hour, defaults.recipients_an_hour),
          .letters_a_day = first(letters_a_day, defaults.letters_a_day),
          .recipients_a_day = first(recipients_a_day, defaults.recipients_a_day)};
}

bool SendingLimits::any() const noexcept {
  return letters_an_hour.value_or(0) + recipients_an_hour.value_or(0) + letters_a_day.value_or(0) +
             recipients_a_day.value_or(0) !=
         0;
}

std::optional<SendingExcess> excess_of(const SendingUse& use, const SendingLimits& limits, std::uint64_t recipients) {
  const std::tuple<std::uint64_t, std::uint64_t, SendingExcess> all[] = {
      {use.letters_an_hour, 1, {"letters", "hour", limits.letters_an_hour.value_or(0)}},
      {use.recipients_an_hour, recipients, {"recipients", "hour", limits.recipients_an_hour.value_or(0)}},
      {use.letters_a_day, 1, {"letters", "day", limits.letters_a_day.value_or(0)}},
      {use.recipients_a_day, recipients, {"recipients", "day", limits.recipients_a_day.value_or(0)}}};
  for (const auto& [used, more, excess] : all) {
    if (excess.limit != 0 && used + more > excess.limit) {
      return excess;
    }
  }
  return std::nullopt;
}

SendingLimits sending_limits(Read& read, AccountId account) {
  using Limit = std::optional<std::uint64_t>;
  const auto found = own_tables(read).query_optional<Limit, Limit, Limit, Limit>(
      "SELECT letters_an_hour, recipients_an_hour, letters_a_day, recipients_a_day FROM sending_limit "
      "WHERE account_id = ?",
      account);
  return found ? SendingLimits{std::get<0>(*found), std::get<1>(*found), std::get<2>(*found), std::get<3>(*found)}
               : SendingLimits();
}

void set_sending_limits(Write& write, AccountId account, const SendingLimits& limits) {
  sql::Connection& db = own_tables(write);
  need_sending_row(db, account);
  db.exec(
      "UPDATE sending_limit SET letters_an_hour = ?, recipients_an_hour = ?, letters_a_day = ?, recipients_a_day = ? "
      "WHERE account_id = ?",
      limits.letters_an_hour, limits.recipients_an_hour, limits.letters_a_day, limits.recipients_a_day, account);
}

SendingUse sent_lately(Read& read, AccountId account, Moment now) {
  return use_of(own_tables(read), account, now);
}

std::optional<SendingExcess> count_sent(Write& write, AccountId account, std::uint64_t recipients, Moment now,
                                        const SendingLimits& limits) {
  sql::Connection& db = own_tables(write);
  const std::int64_t slot = slot_of(now);
  const auto count = [&](std::int64_t letters, std::int64_t more) {
    return db.exec(
               "UPDATE sending_count SET letters = letters + ?, recipients = recipients + ? "
               "WHERE account_id = ? AND slot = ?",
               letters, more, account, slot) != 0;
  };
  const auto sent = static_cast<std::int64_t>(recipients);
  if (!count(1, sent)) {  // first, so that what others count at the same time is seen
    if (db.exec("INSERT INTO sending_count (account_id, slot, letters, recipients) SELECT id, ?, 1, ? FROM account "
                "WHERE id = ?",
                slot, sent, account) == 0) {
      no_sending_account(account);
    }
    db.exec("DELETE FROM sending_count WHERE account_id = ? AND slot <= ?", account, slot - slots_a_day);
  }
  SendingUse before = use_of(db, account, now);
  before.letters_an_hour -= 1;
  before.letters_a_day -= 1;
  before.recipients_an_hour -= recipients;
  before.recipients_a_day -= recipients;
  const auto excess = excess_of(before, limits, recipients);
  if (excess) {
    count(-1, -sent);
  }
  return excess;
}

bool may_tell_of_excess(Write& write, AccountId account, Moment now) {
  sql::Connection& db = own_tables(write);
  need_sending_row(db, account);
  return db.exec("UPDATE sending_limit SET told_at = ? WHERE account_id = ? AND told_at <= ?", stored(now), account,
                 stored(now - std::chrono::hours(24))) != 0;
}

}  // namespace posthouse::store
