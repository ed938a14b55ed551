#pragma once
// Line ends made the same.
#include <string>
#include <string_view>

namespace posthouse::mime {

/// `text` with CRLF for each CRLF, CR and LF, as messages have it on the wire.
std::string with_crlf(std::string_view text);
/// `text` with LF for each CRLF; a CR or LF alone stays.
std::string with_lf(std::string_view text);

}  // namespace posthouse::mime
