#pragma once
// Encoded words: how header fields carry text outside ASCII (RFC 2047).
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/wire/defect.h"

namespace posthouse::mime {

/// The text of an unstructured field's raw value: unfolded, white space at both ends removed, encoded words decoded to
/// UTF-8. Adjacent encoded words are joined, their octets before charset decoding when they share a charset, so that a
/// character split between two words is read right. Octets above 127 outside words are taken as UTF-8 where they are
/// valid, else U+FFFD (see decode_raw_header). Never throws; what is no encoded word stays as it is. Linear time.
///
/// `defects`, when given, gets what was wrong, with offsets counted from `offset`.
std::string decode_words(std::string_view value, std::vector<Defect>* defects = nullptr, std::size_t offset = 0);
/// The same, appended to `out`.
void append_decoded_words(std::string& out, std::string_view value, std::vector<Defect>* defects = nullptr,
                          std::size_t offset = 0);

/// `text` (UTF-8) as the value of an unstructured field: as it is when it is plain ASCII, else with the words that need
/// it as encoded words of at most 75 octets each, never split inside a character, folded with CRLF so that no line is
/// over 76 octets where that can be done (998 always). `name_length` is what stands on the first line already
/// ("Subject: " is 9 octets). Throws Errc::header_injection for CR, LF or NUL in `text`,
/// Errc::charset where it is not UTF-8.
std::string encode_words(std::string_view text, std::size_t name_length = 0);

}  // namespace posthouse::mime
