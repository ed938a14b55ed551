#pragma once
// What charset a text is in when its label is missing, unknown or wrong.
#include <string>
#include <string_view>

#include "posthouse/mime/charset/charset.h"

namespace posthouse::mime {

/// A charset somebody or something named.
struct CharsetGuess {
  std::string charset{};                           ///< A label to_utf8 knows.
  CharsetSource source = CharsetSource::fallback;  ///< What the guess stands on.
  int confidence = 0;                              ///< 0 to 100.
};

/// What charset `octets` look like: byte order mark, then (in HTML) `<meta charset=…>`, then UTF-8 where all of it is
/// that, then ICU's detector and the shapes of the East Asian double-byte charsets; at last windows-1252 with
/// confidence 0. Looks at the first 64 KiB (at all of it for UTF-8). Linear time, never throws; 16 KiB of stack are
/// enough.
CharsetGuess guess_charset(std::string_view octets, bool is_html = false);

/// `octets` as UTF-8 by their label if that can be believed, else by a guess; Text says which. Believed is every label
/// that is known and in which the octets have a meaning, except:
/// - a byte order mark says otherwise (WHATWG Encoding section 6);
/// - the label is missing, unknown or us-ascii, and there are octets above 127 (or ISO-2022 escapes);
/// - the label is of a charset of single octets, and every octet above 127 belongs to well-formed UTF-8;
/// - more than a quarter of the octets above 127 have no meaning in it, and all have one in the charset guessed.
Text decode_text(std::string_view octets, std::string_view label, bool is_html = false);

/// Raw octets of a header field as UTF-8: as they are where they are UTF-8, else by `hint` (the charset of the
/// message's text) if that fits them, else by a guess. For fields of senders that knew nothing of RFC 2047.
std::string decode_raw_header(std::string_view octets, std::string_view hint = {});

}  // namespace posthouse::mime
