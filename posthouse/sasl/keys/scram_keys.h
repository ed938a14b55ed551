#pragma once
// What a server keeps of a password so that SCRAM (RFC 5802) can prove it: not enough to log in with.
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::sasl {

/// The hash function of a SCRAM mechanism.
enum class ScramHash : std::uint8_t {
  sha1,    ///< SCRAM-SHA-1 (RFC 5802).
  sha256,  ///< SCRAM-SHA-256 (RFC 7677).
};

/// How often the hash is applied unless told otherwise (RFC 7677 section 4: at least 4096). Accounts should all have
/// the same number: it is told to whoever asks, and names that have no account are given this one.
inline constexpr unsigned scram_iterations = 4096;

/// RFC 5802 section 3. All strings are octets.
struct ScramKeys {
  std::string salt{};
  unsigned iterations = scram_iterations;
  std::string stored_key{};
  std::string server_key{};
};

/// The keys of `password`. Takes some milliseconds for each 4096 iterations. The password is taken as it is: where it
/// is not ASCII, the caller prepares it (prepare_password()). Throws Error (Errc::crypto).
ScramKeys make_scram_keys(ScramHash hash, std::string_view password, std::string salt,
                          unsigned iterations = scram_iterations);

}  // namespace posthouse::sasl
