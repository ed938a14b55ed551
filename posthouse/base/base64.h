#pragma once
// Base 64 as RFC 4648 section 4 has it, on one line: what SASL and headers need. (MIME bodies: posthouse/mime.)
#include <optional>
#include <string>
#include <string_view>

namespace posthouse {

/// The base64 text of `octets`, padded, without line breaks.
std::string base64_encode(std::string_view octets);

/// The octets that `text` stands for; nothing unless it is canonical base64 (no white space, right padding, zero
/// trailing bits).
std::optional<std::string> base64_decode(std::string_view text);

/// Two lower-case hexadecimal digits an octet.
std::string hex_encode(std::string_view octets);

}  // namespace posthouse
