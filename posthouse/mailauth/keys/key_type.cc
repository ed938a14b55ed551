#include "posthouse/mailauth/keys/key_type.h"

namespace posthouse::mailauth {

std::string_view to_string(KeyType type) noexcept {
  return type == KeyType::rsa ? "rsa" : "ed25519";
}

}  // namespace posthouse::mailauth
