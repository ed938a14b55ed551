#pragma once
// Line ends made the same.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// Octets of a line, without its CRLF (RFC 5322 section 2.1.1).
constexpr std::size_t longest_line = 998;

/// `text` with CRLF for each CRLF, CR and LF, as messages have it on the wire.
std::string with_crlf(std::string_view text);
/// `text` with LF for each CRLF; a CR or LF alone stays.
std::string with_lf(std::string_view text);

}  // namespace posthouse::mime
