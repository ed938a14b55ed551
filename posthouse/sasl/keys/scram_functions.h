#pragma once
// H, HMAC, Hi and XOR of SCRAM (RFC 5802 section 2.2). Each throws Error (Errc::crypto). Private to this module.
#include <string>
#include <string_view>

#include "posthouse/sasl/keys/scram_keys.h"

namespace posthouse::sasl {

std::string digest(ScramHash hash, std::string_view text);
std::string hmac(ScramHash hash, std::string_view key, std::string_view text);
std::string salted_password(ScramHash hash, std::string_view password, std::string_view salt, unsigned iterations);
std::string client_key(ScramHash hash, std::string_view salted);
std::string server_key(ScramHash hash, std::string_view salted);
/// Both of the same length.
std::string exclusive_or(std::string_view a, std::string_view b);
/// 24 printable octets that nobody can guess.
std::string random_nonce();

}  // namespace posthouse::sasl
