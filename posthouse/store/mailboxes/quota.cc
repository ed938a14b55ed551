#include "posthouse/store/mailboxes/quota.h"

#include <set>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

// A mailbox that was removed counts no more, though its messages are still there.
constexpr const char* select_quota =
    "SELECT COALESCE((SELECT sum(octets) FROM mailbox WHERE account_id = c.account_id AND name NOT LIKE '/%'), 0), "
    "COALESCE((SELECT sum(messages) FROM mailbox WHERE account_id = c.account_id AND name NOT LIKE '/%'), 0), "
    "COALESCE(c.octet_limit, (SELECT octet_limit FROM quota_default WHERE id = 1), 0), "
    "COALESCE(c.message_limit, (SELECT message_limit FROM quota_default WHERE id = 1), 0) "
    "FROM account_counter c WHERE c.account_id = ?";

std::optional<Quota> find_quota(sql::Connection& db, AccountId account) {
  const auto found =
      db.query_optional<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>(select_quota, account);
  if (!found) {
    return std::nullopt;
  }
  const auto& [octets, messages, octet_limit, message_limit] = *found;
  return Quota{octets, messages, octet_limit, message_limit};
}

[[noreturn]] void no_such_account(AccountId account) {
  throw Error(Errc::no_such_account, fmt::format("there is no account {}", account));
}

}  // namespace

Quota quota_of(Read& read, AccountId account) {
  const auto found = find_quota(own_tables(read), account);
  if (!found) {
    no_such_account(account);
  }
  return *found;
}

QuotaLimits own_quota(Read& read, AccountId account) {
  const auto found = own_tables(read).query_optional<std::optional<std::uint64_t>, std::optional<std::uint64_t>>(
      "SELECT octet_limit, message_limit FROM account_counter WHERE account_id = ?", account);
  if (!found) {
    no_such_account(account);
  }
  return {std::get<0>(*found), std::get<1>(*found)};
}

void set_quota(Write& write, AccountId account, const QuotaLimits& limits) {
  sql::Connection& db = own_tables(write);
  if (!find_quota(db, account)) {
    no_such_account(account);
  }
  db.exec("UPDATE account_counter SET octet_limit = ?, message_limit = ? WHERE account_id = ?", limits.octets,
          limits.messages, account);
}

void set_default_quota(Write& write, const QuotaLimits& limits) {
  sql::Connection& db = own_tables(write);
  db.exec("DELETE FROM quota_default WHERE id = 1");
  db.exec("INSERT INTO quota_default (id, octet_limit, message_limit) VALUES (1, ?, ?)", limits.octets,
          limits.messages);
}

QuotaLimits default_quota(Read& read) {
  const auto found = own_tables(read).query_optional<std::optional<std::uint64_t>, std::optional<std::uint64_t>>(
      "SELECT octet_limit, message_limit FROM quota_default WHERE id = 1");
  return found ? QuotaLimits{std::get<0>(*found), std::get<1>(*found)} : QuotaLimits();
}

void require_room(Write& write, std::span<const MailboxId> mailboxes) {
  sql::Connection& db = own_tables(write);
  std::set<AccountId> accounts;
  for (const MailboxId mailbox : mailboxes) {
    if (const auto account = db.query_optional<AccountId>("SELECT account_id FROM mailbox WHERE id = ?", mailbox)) {
      accounts.insert(*account);
    }
  }
  for (const AccountId account : accounts) {
    const auto quota = find_quota(db, account);
    if (quota && quota->exceeded_by(0, 0)) {
      throw Error(Errc::over_quota, fmt::format("account {} may hold no more", account));
    }
  }
}

}  // namespace posthouse::store
