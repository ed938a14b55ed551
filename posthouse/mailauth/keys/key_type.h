#pragma once
// The kinds of keys that sign mail.
#include <cstdint>
#include <string_view>

namespace posthouse::mailauth {

/// What a key can do.
enum class KeyType : std::uint8_t {
  rsa,      ///< RSASSA-PKCS1-v1_5 (RFC 6376 section 3.3.2, RFC 8301).
  ed25519,  ///< RFC 8463.
};

/// "rsa", as in the k= of a key's record.
std::string_view to_string(KeyType type) noexcept;

}  // namespace posthouse::mailauth
