// How people log in: by password, and by proving that they have the keys which are kept of it.
#include <optional>
#include <string>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/accounts/app_passwords.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/accounts/passwords.h"
#include "posthouse/store/accounts/scram_rows.h"
#include "posthouse/store/accounts/stored_account.h"
#include "posthouse/store/commit/readers.h"
#include "posthouse/store/commit/writer.h"

namespace posthouse::store {
namespace {

/// Where it is enabled, with the stamp of its password.
std::optional<Account> find_enabled(sql::Connection& db, const mail::Address& name) {
  auto found = find_stored(db, name);
  if (!found || !found->account.enabled) {
    return std::nullopt;
  }
  found->account.password_stamp = stamp_of(found->password_hash);
  return std::move(found->account);
}

}  // namespace

std::optional<Account> Accounts::authenticate(std::string_view address, std::string_view password,
                                              const Claimant& claimant) {
  const auto name = parse_address(address);
  std::optional<StoredAccount> found;
  if (name) {
    found = readers_.read_once([&](Read& read) { return find_stored(own_tables(read), *name); });
  }
  if (found && found->account.enabled && may_be_app_password(password)) {
    const AccountId id = found->account.id;
    if (auto app = readers_.read_once([&](Read& read) { return find_app_password(own_tables(read), id, password); })) {
      found->account.password_stamp = app->stamp;
      found->account.app_password = std::move(app->used);
      return std::move(found->account);
    }
  }
  // A disabled account's password is not compared: one that is right would be remembered, and denied sooner than others.
  const std::string stored = found && found->account.enabled ? found->password_hash : std::string();
  const std::string account = name ? name->unicode() : to_lower(address.substr(0, 254));
  if (!passwords_->verify(stored, password.substr(0, max_password), account, claimant) ||
      password.size() > max_password) {
    return std::nullopt;
  }
  found->account.password_stamp = stamp_of(stored);
  found->account.wants_scram_keys = keeps_scram_keys_ && !readers_.read_once([&](Read& read) {
    return find_scram_keys(own_tables(read), found->account.id, found->account.password_stamp, sasl::ScramHash::sha256)
        .has_value();
  });
  return found->account;
}

void Accounts::keep_scram_keys(bool keep) {
  const bool kept = scram_secret(readers_).has_value();
  if (kept != keep) {
    writer_.write_from_reserve([&](Write& write) {
      if (keep) {
        begin_scram_keys(own_tables(write));
      } else {
        end_scram_keys(own_tables(write));
      }
    });
  }
  keeps_scram_keys_ = keep;
}

sasl::ScramKeys Accounts::scram_keys(std::string_view address, sasl::ScramHash hash) {
  const auto name = parse_address(address);
  const std::string spelling = name ? name->unicode() : to_lower(address.substr(0, 254));
  return readers_.read([&](Read& read) {
    sql::Connection& db = own_tables(read);
    const std::string secret = scram_secret(db).value_or(std::string(32, '\0'));
    const auto account = name ? find_enabled(db, *name) : std::nullopt;
    auto keys = account ? find_scram_keys(db, account->id, account->password_stamp, hash) : std::nullopt;
    return keys ? *std::move(keys) : keys_of_nobody(secret, hash, spelling);
  });
}

std::optional<Account> Accounts::account_of_keys(std::string_view address, sasl::ScramHash hash,
                                                 std::string_view stored_key) {
  const auto name = parse_address(address);
  if (!name) {
    return std::nullopt;
  }
  return readers_.read([&](Read& read) -> std::optional<Account> {
    sql::Connection& db = own_tables(read);
    const auto account = find_enabled(db, *name);
    const auto keys = account ? find_scram_keys(db, account->id, account->password_stamp, hash) : std::nullopt;
    return keys && equal_constant_time(keys->stored_key, stored_key) ? account : std::nullopt;
  });
}

std::optional<Account> Accounts::find_for_log_in(std::string_view address) {
  const auto name = parse_address(address);
  if (!name) {
    return std::nullopt;
  }
  return readers_.read_once([&](Read& read) { return find_enabled(own_tables(read), *name); });
}

void Accounts::make_scram_keys(const Account& account, std::string_view password) {
  const auto secret = scram_secret(readers_);
  if (!secret) {
    return;
  }
  const KeyRing keys = fiber::blocking([&] { return KeyRing(*secret, require_address(account.address), password); });
  if (keys.empty()) {
    return;
  }
  writer_.write([&](Write& write) {
    sql::Connection& db = own_tables(write);
    if (scram_secret(db) && has_stamp(db, account.id, account.password_stamp)) {
      keys.store(db, account.id, account.password_stamp);
    }
  });
}

bool Accounts::is_current(AccountId account, std::uint64_t password_stamp) {
  return readers_.read_once([&](Read& read) { return has_stamp(own_tables(read), account, password_stamp); }) ||
         readers_.read_once([&](Read& read) { return has_app_stamp(own_tables(read), account, password_stamp); });
}

}  // namespace posthouse::store
