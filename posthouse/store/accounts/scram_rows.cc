#include "posthouse/store/accounts/scram_rows.h"

#include <bit>
#include <utility>

#include <sodium.h>

#include "posthouse/base/error.h"
#include "posthouse/sasl/keys/prepared_password.h"
#include "posthouse/store/commit/readers.h"

namespace posthouse::store {
namespace {

constexpr std::size_t secret_octets = crypto_auth_hmacsha256_KEYBYTES;
constexpr std::size_t salt_octets = 16;

std::string hmac_of(std::string_view secret, std::string_view purpose, std::string_view name) {
  if (secret.size() != secret_octets) {
    throw posthouse::Error("the secret of the log-ins is damaged");
  }
  const std::string text = std::string(purpose).append(1, '\0').append(name);
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256(reinterpret_cast<unsigned char*>(mac.data()),
                         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         reinterpret_cast<const unsigned char*>(secret.data()));
  return mac;
}

const char* name_of(sasl::ScramHash hash) {
  return hash == sasl::ScramHash::sha1 ? "SHA-1" : "SHA-256";
}

/// In the column `hash`; never changed.
int number_of(sasl::ScramHash hash) {
  return hash == sasl::ScramHash::sha1 ? 1 : 256;
}

}  // namespace

std::optional<std::string> scram_secret(sql::Connection& db) {
  const auto row = db.query_optional<sql::Blob>("SELECT secret FROM scram_secret WHERE id = 1 AND in_use = 1");
  return row ? std::optional(row->bytes) : std::nullopt;
}

std::optional<std::string> scram_secret(Readers& readers) {
  return readers.read_once([](Read& read) { return scram_secret(own_tables(read)); });
}

void begin_scram_keys(sql::Connection& db) {
  if (db.query_optional<int>("SELECT 1 FROM scram_secret WHERE id = 1")) {
    db.exec("UPDATE scram_secret SET in_use = 1 WHERE id = 1");
    return;
  }
  std::string secret(secret_octets, '\0');
  if (sodium_init() < 0) {
    throw posthouse::Error("libsodium cannot be used here");
  }
  randombytes_buf(secret.data(), secret.size());
  db.exec("INSERT INTO scram_secret (id, secret, in_use) VALUES (1, ?, 1)", sql::BlobView{secret});
}

void end_scram_keys(sql::Connection& db) {
  db.exec("UPDATE scram_secret SET in_use = 0 WHERE id = 1");
  db.exec("DELETE FROM scram_key");
}

std::string scram_salt(std::string_view secret, sasl::ScramHash hash, std::string_view name) {
  return hmac_of(secret, std::string("salt of ") + name_of(hash), name).substr(0, salt_octets);
}

KeyRing::KeyRing(std::string_view secret, const mail::Address& name, std::string_view password) {
  const auto prepared = sasl::prepare_password(password);
  if (!prepared) {
    return;
  }
  for (const sasl::ScramHash hash : {sasl::ScramHash::sha1, sasl::ScramHash::sha256}) {
    keys_.push_back({hash, sasl::make_scram_keys(hash, *prepared, scram_salt(secret, hash, name.unicode()))});
  }
}

void KeyRing::store(sql::Connection& db, AccountId account, std::uint64_t stamp) const {
  remove_scram_keys(db, account);
  for (const auto& [hash, keys] : keys_) {
    db.exec(
        "INSERT INTO scram_key (account_id, hash, password_stamp, salt, iterations, stored_key, server_key) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        account, number_of(hash), std::bit_cast<std::int64_t>(stamp), sql::BlobView{keys.salt}, keys.iterations,
        sql::BlobView{keys.stored_key}, sql::BlobView{keys.server_key});
  }
}

void remove_scram_keys(sql::Connection& db, AccountId account) {
  db.exec("DELETE FROM scram_key WHERE account_id = ?", account);
}

std::optional<sasl::ScramKeys> find_scram_keys(sql::Connection& db, AccountId account, std::uint64_t stamp,
                                               sasl::ScramHash hash) {
  auto row = db.query_optional<sql::Blob, unsigned, sql::Blob, sql::Blob>(
      "SELECT salt, iterations, stored_key, server_key FROM scram_key "
      "WHERE account_id = ? AND hash = ? AND password_stamp = ?",
      account, number_of(hash), std::bit_cast<std::int64_t>(stamp));
  if (!row) {
    return std::nullopt;
  }
  auto& [salt, iterations, stored_key, server_key] = *row;
  return sasl::ScramKeys{.salt = std::move(salt.bytes),
                         .iterations = iterations,
                         .stored_key = std::move(stored_key.bytes),
                         .server_key = std::move(server_key.bytes)};
}

sasl::ScramKeys keys_of_nobody(std::string_view secret, sasl::ScramHash hash, std::string_view name) {
  const std::size_t size = hash == sasl::ScramHash::sha1 ? 20 : 32;
  return {.salt = scram_salt(secret, hash, name),
          .stored_key = hmac_of(secret, "no stored key", name).substr(0, size),
          .server_key = hmac_of(secret, "no server key", name).substr(0, size)};
}

}  // namespace posthouse::store
