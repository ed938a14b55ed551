#pragma once
// Text made ready to be compared whatever its case and spelling: i;unicode-casemap (RFC 5051).
#include <string>
#include <string_view>

namespace posthouse::mime {

/// Appends `text` (UTF-8) to `out` in the form in which i;unicode-casemap compares it: each character in title case (which
/// is upper case, but for digraphs), then decomposed with its compatibility mapping: "é" is "E" and an accent, "ﬁ" is "FI",
/// "Ａ" is "A", U+3000 and U+00A0 are blanks. Equal is what has equal octets, order is that of the octets, and a substring
/// is a substring of the octets.
///
/// Character by character, so that pieces of a text may be mapped one after the other where no character is split. Beyond
/// RFC 5051: what a character is decomposed to is in title case, too. Hangul syllables stay whole, which have no
/// decomposition of their own in UnicodeData.txt, so that "가" is no part of "각". What is no UTF-8 becomes U+FFFD. Never
/// throws on what it reads; linear time.
void append_casemapped(std::string& out, std::string_view text);
/// The same as a string.
std::string casemapped(std::string_view text);

/// Which characters are known: another one when the same text may be mapped to something else. For whoever keeps what was
/// mapped.
std::string casemap_version();

}  // namespace posthouse::mime
