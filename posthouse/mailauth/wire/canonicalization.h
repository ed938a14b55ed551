#pragma once
// What a signature is over: the forms of header fields and bodies that do not change on the way (RFC 6376 section 3.4).
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::mailauth {

/// How much a message may change on the way without breaking its signature.
enum class Canonicalization : std::uint8_t {
  simple,   ///< Almost nothing: empty lines at the end of the body.
  relaxed,  ///< White space and the case of field names.
};

/// "relaxed".
std::string_view to_string(Canonicalization canonicalization) noexcept;

/// Appends the canonical form of a header field to `out`. `field` is the whole field with its line ends, which are CRLF
/// (RFC 6376 sections 3.4.1 and 3.4.2); one that lacks its last line end gets it.
void append_canonical_field(std::string& out, std::string_view field, Canonicalization canonicalization);

}  // namespace posthouse::mailauth
