#include "posthouse/sasl/keys/scram_keys.h"

#include <utility>

#include <openssl/crypto.h>

#include "posthouse/sasl/keys/scram_functions.h"

namespace posthouse::sasl {

ScramKeys make_scram_keys(ScramHash hash, std::string_view password, std::string salt, unsigned iterations) {
  std::string salted = salted_password(hash, password, salt, iterations);
  ScramKeys keys{.salt = std::move(salt),
                 .iterations = iterations,
                 .stored_key = digest(hash, client_key(hash, salted)),
                 .server_key = server_key(hash, salted)};
  OPENSSL_cleanse(salted.data(), salted.size());
  return keys;
}

}  // namespace posthouse::sasl
