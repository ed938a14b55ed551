#include "posthouse/store/accounts/app_passwords.h"

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/fiber/random.h"
#include "posthouse/store/accounts/names.h"
#include "posthouse/store/accounts/stored_account.h"
#include "posthouse/store/error.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

/// Without l and o, which are taken for 1 and 0.
constexpr std::string_view app_alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
static_assert(app_alphabet.size() == 32);
constexpr std::size_t app_length = 24;
constexpr std::size_t app_group = 6;

/// As it is hashed: small letters, no dashes or blanks; nothing when it is not of the form.
std::optional<std::string> plain_app_password(std::string_view password) {
  std::string plain;
  for (const char c : password) {
    if (c == '-' || c == ' ') {
      continue;
    }
    plain += to_lower(c);
    if (plain.size() > app_length || app_alphabet.find(plain.back()) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  return plain.size() == app_length ? std::optional(plain) : std::nullopt;
}

std::string app_hash(std::string_view plain) {
  return hex_encode(sha256("posthouse app password " + std::string(plain)));
}

std::uint64_t app_stamp(const std::string& hash) {
  return stamp_of("app password " + hash);
}

AccountId require_account(sql::Connection& db, std::string_view address) {
  const mail::Address name = require_address(address);
  const auto found = find_stored(db, name);
  if (!found) {
    throw Error(Errc::no_such_account, "no such account: " + name.unicode());
  }
  return found->account.id;
}

std::string require_app_name(std::string_view name) {
  const std::string_view trimmed = trim(name);
  if (trimmed.empty() || trimmed.size() > longest_app_name || !is_utf8(trimmed) || printable(trimmed) != trimmed) {
    throw Error(Errc::invalid_name, "a name of 1 to " + std::to_string(longest_app_name) +
                                        " octets is wanted: " + printable(name, 2 * longest_app_name));
  }
  return std::string(trimmed);
}

}  // namespace

bool may_be_app_password(std::string_view password) {
  return plain_app_password(password).has_value();
}

std::string add_app_password(Write& write, std::string_view address, std::string_view name, AppRights rights) {
  sql::Connection& db = own_tables(write);
  const std::string its_name = require_app_name(name);
  const AccountId account = require_account(db, address);
  const auto there = db.query<std::string>("SELECT name FROM app_password WHERE account_id = ?", account).all();
  for (const auto& other : there) {
    if (other == its_name) {
      throw Error(Errc::exists, "there is an app password " + its_name + " already");
    }
  }
  if (there.size() >= most_app_passwords) {
    throw Error(Errc::too_many,
                "an account has at most " + std::to_string(most_app_passwords) + " app passwords; remove one");
  }
  std::string plain;
  std::string shown;
  for (std::size_t i = 0; i < app_length; ++i) {
    plain += app_alphabet[fiber::random_below(app_alphabet.size())];
    shown.append(i != 0 && i % app_group == 0 ? "-" : "").append(1, plain.back());
  }
  db.exec("INSERT INTO app_password (account_id, name, rights, secret_hash, created_at) VALUES (?, ?, ?, ?, ?)",
          account, its_name, static_cast<int>(rights), app_hash(plain), stored_now());
  return shown;
}

bool remove_app_password(Write& write, std::string_view address, std::string_view name) {
  sql::Connection& db = own_tables(write);
  const AccountId account = require_account(db, address);
  if (db.exec("DELETE FROM app_password WHERE account_id = ? AND name = ?", account, trim(name)) == 0) {
    return false;
  }
  write.note(AccountChanged{.account = account, .what = AccountChanged::What::password});
  return true;
}

std::vector<AppPassword> app_passwords(Read& read, std::string_view address) {
  sql::Connection& db = own_tables(read);
  std::vector<AppPassword> found;
  for (const auto& [id, name, rights, created_at, used_at, protocol, peer] :
       db.query<std::int64_t, std::string, int, std::int64_t, std::optional<std::int64_t>, std::string, std::string>(
           "SELECT id, name, rights, created_at, used_at, used_protocol, used_peer FROM app_password "
           "WHERE account_id = ? ORDER BY name",
           require_account(db, address))) {
    found.push_back({.id = id,
                     .name = name,
                     .rights = static_cast<AppRights>(rights),
                     .created_at = moment_of(created_at),
                     .used_at = used_at ? std::optional(moment_of(*used_at)) : std::nullopt,
                     .used_protocol = protocol,
                     .used_peer = peer});
  }
  return found;
}

void write_app_password_uses(Write& write, std::span<const AppPasswordUse> uses) {
  constexpr std::size_t longest_protocol = 16;
  constexpr std::size_t longest_peer = 64;
  for (const AppPasswordUse& use : uses) {
    own_tables(write).exec("UPDATE app_password SET used_at = ?, used_protocol = ?, used_peer = ? WHERE id = ?",
                           stored(use.at), use.protocol.substr(0, longest_protocol), use.peer.substr(0, longest_peer),
                           use.id);
  }
}

std::optional<FoundAppPassword> find_app_password(sql::Connection& db, AccountId account, std::string_view password) {
  const auto plain = plain_app_password(password);
  if (!plain) {
    return std::nullopt;
  }
  const std::string hash = app_hash(*plain);
  std::optional<FoundAppPassword> found;
  for (const auto& [id, name, rights, stored_hash] : db.query<std::int64_t, std::string, int, std::string>(
           "SELECT id, name, rights, secret_hash FROM app_password WHERE account_id = ?", account)) {
    if (equal_constant_time(stored_hash, hash)) {
      const auto its_rights = static_cast<AppRights>(rights);
      found = FoundAppPassword{.used = UsedAppPassword{.id = id,
                                                       .name = name,
                                                       .may_send = its_rights != AppRights::read,
                                                       .may_read = its_rights != AppRights::send},
                               .stamp = app_stamp(hash)};
    }
  }
  return found;
}

bool has_app_stamp(sql::Connection& db, AccountId account, std::uint64_t stamp) {
  bool found = false;
  for (const auto& hash :
       db.query<std::string>("SELECT p.secret_hash FROM app_password p JOIN account a ON a.id = p.account_id "
                             "WHERE p.account_id = ? AND a.enabled = 1",
                             account)
           .all()) {
    found = found || app_stamp(hash) == stamp;
  }
  return found;
}

}  // namespace posthouse::store
