#pragma once
// The rows of accounts' keys for SCRAM, and of what they are made with. Private to this module.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mail/address.h"
#include "posthouse/sasl/keys/scram_keys.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

class Readers;

/// The secret that salts and the keys of nobody come from; nothing where no keys are kept.
std::optional<std::string> scram_secret(sql::Connection& db);
std::optional<std::string> scram_secret(Readers& readers);
/// Makes a secret where there is none yet.
void begin_scram_keys(sql::Connection& db);
/// Removes all keys. The secret stays, and with it the salt of every name, should keys be wanted again.
void end_scram_keys(sql::Connection& db);

/// A salt for `name`, the same at each call: whoever asks for it does not learn whether there is such an account, has
/// been, or has got keys meanwhile.
std::string scram_salt(std::string_view secret, sasl::ScramHash hash, std::string_view name);

/// The keys of one password, for each hash.
class KeyRing {
 public:
  /// Takes some milliseconds; blocks. Holds no keys when `password` is nothing that SCRAM can carry.
  KeyRing(std::string_view secret, const mail::Address& name, std::string_view password);

  bool empty() const noexcept { return keys_.empty(); }
  /// Puts these in the place of what `account` had. They are good as long as the stamp of its password is `stamp`.
  void store(sql::Connection& db, AccountId account, std::uint64_t stamp) const;

 private:
  struct Keys {
    sasl::ScramHash hash;
    sasl::ScramKeys keys;
  };
  std::vector<Keys> keys_;
};

void remove_scram_keys(sql::Connection& db, AccountId account);
/// Those of the password whose stamp is `stamp`.
std::optional<sasl::ScramKeys> find_scram_keys(sql::Connection& db, AccountId account, std::uint64_t stamp,
                                               sasl::ScramHash hash);
/// Keys that no proof fits.
sasl::ScramKeys keys_of_nobody(std::string_view secret, sasl::ScramHash hash, std::string_view name);

}  // namespace posthouse::store
