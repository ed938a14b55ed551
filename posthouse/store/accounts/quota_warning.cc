#include "posthouse/store/accounts/quota_warning.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

constexpr std::size_t asked_at_once = 100;

/// How much of `limit` is `held`, in hundredths; 0 without a limit. No overflow: limits are below 2^50.
std::uint64_t hundredths(std::uint64_t held, std::uint64_t limit) {
  constexpr std::uint64_t whole = 100;
  return limit == 0 ? 0 : held / limit * whole + held % limit * whole / limit;
}

std::uint64_t fullness(const Quota& quota) {
  return std::max(hundredths(quota.octets, quota.octet_limit), hundredths(quota.messages, quota.message_limit));
}

/// True: warn; false: forget that it was warned; nothing: all is as it should be.
std::optional<bool> due(Read& read, AccountId account, bool warned) {
  const std::uint64_t full = fullness(quota_of(read, account));
  if (!warned && full >= warned_from) {
    return true;
  }
  return warned && full < forgotten_below ? std::optional(false) : std::nullopt;
}

}  // namespace

std::vector<AccountId> unsettled_quota_warnings(Read& read, std::span<const AccountId> accounts) {
  std::vector<AccountId> found;
  in_portions(accounts, asked_at_once, [&](const std::span<const AccountId>& some) {
    const std::string statement = std::string("SELECT c.account_id, c.quota_warned FROM account_counter c WHERE ") +
                                  "c.account_id IN (?) AND (c.quota_warned <> 0 OR " + has_limit + ")";
    for (const auto& [account, warned] :
         own_tables(read).query<AccountId, std::int64_t>(statement, sql::list(some)).all()) {
      if (due(read, account, warned != 0)) {
        found.push_back(account);
      }
    }
  });
  return found;
}

bool settle_quota_warning(Write& write, AccountId account, Moment now) {
  sql::Connection& db = own_tables(write);
  const auto warned =
      db.query_optional<std::int64_t>("SELECT quota_warned FROM account_counter WHERE account_id = ?", account);
  const auto what = warned ? due(write, account, *warned != 0) : std::nullopt;
  if (what) {
    db.exec("UPDATE account_counter SET quota_warned = ? WHERE account_id = ?", *what ? stored(now) : 0, account);
  }
  return what.value_or(false);
}

}  // namespace posthouse::store
