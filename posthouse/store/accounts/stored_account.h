#pragma once
// An account with what is kept of its password. Private to this module.
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/mail/address.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/accounts/accounts.h"

namespace posthouse::store {

struct StoredAccount {
  Account account;
  std::string password_hash;
};

/// The account called `address`, enabled or not.
std::optional<StoredAccount> find_stored(sql::Connection& db, const mail::Address& address);
/// Tells one stored hash from another, and nothing about it: each has a salt of its own.
std::uint64_t stamp_of(const std::string& password_hash);
/// True when `account` is enabled and its password has that stamp still.
bool has_stamp(sql::Connection& db, AccountId account, std::uint64_t password_stamp);

}  // namespace posthouse::store
