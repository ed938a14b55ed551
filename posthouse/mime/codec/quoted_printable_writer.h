#pragma once
// What the plain encoder of quoted-printable and that of vectors have in common. Private to this module.
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "posthouse/mime/codec/codec.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {

/// An octet as "=XX". `needed` is false where the octet may stand for itself (RFC 2045 section 6.7, rules 1 to 3; blanks
/// at the end of a line are the writer's concern); it is copied together with the text, but not counted as written.
struct QuotedEscape {
  char text[3];
  bool needed;
};

inline constexpr std::array<QuotedEscape, 256> quoted_escapes = [] {
  std::array<QuotedEscape, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) {
    table[c] = {{'=', hex_digits[c >> 4], hex_digits[c & 15]}, ((c < 32 || c > 126) && c != '\t') || c == '='};
  }
  return table;
}();

inline const QuotedEscape& quoted_escape(char c) noexcept {
  return quoted_escapes[static_cast<unsigned char>(c)];
}

/// Where the next octet goes, in memory the caller has made room in. Column 0 is the start of a line: a soft line break
/// is written only together with what comes behind it.
struct QuotedWriter {
  /// Columns of a line; one more is for the "=" of a soft line break, or for the last octet of a line.
  static constexpr std::size_t columns = 75;

  char* to = nullptr;
  std::size_t column = 0;

  void soft_line_break() noexcept {
    std::memcpy(to, "=\r\n", 3);
    to += 3;
    column = 0;
  }

  /// `last`: a line end follows, or the end of the text.
  void escape(char c, bool last) noexcept {
    if (column + 3 > columns + (last ? 1 : 0)) {
      soft_line_break();
    }
    std::memcpy(to, &quoted_escape(c), sizeof(QuotedEscape));
    to += 3;
    column += 3;
  }

  /// At the end of a line that has octets, `before` being the last: a blank there would be lost (rule 3).
  void protect_blank(char before) noexcept {
    if (before != ' ' && before != '\t') {
      return;
    }
    --to;
    --column;
    escape(before, true);
  }

  void line_end() noexcept {
    std::memcpy(to, "\r\n", 2);
    to += 2;
    column = 0;
  }
};

/// Encodes from `at`, leaving the last 2 * codec_slack octets, or until less than quoted_room octets are left between
/// writer.to and `room_end`. Returns how far it came.
std::size_t encode_quoted_printable_vectors(std::string_view text, std::size_t at, QuotedWriter& writer,
                                            const char* room_end) noexcept;

/// Room for all that a vector of octets and one octet more can become: three octets for each, line breaks, and what is
/// written but not counted.
inline constexpr std::size_t quoted_room = 6 * codec_slack;

/// The octets of the line end at `at`, CRLF or LF: 0 where there is none.
inline std::size_t line_end_at(const char* at, const char* end) noexcept {
  if (at == end) {
    return 0;
  }
  if (*at == '\n') {
    return 1;
  }
  return *at == '\r' && end - at >= 2 && at[1] == '\n' ? 2 : 0;
}

/// Would the line that begins here be taken for the first of a message in an mbox file?
inline bool begins_like_mbox(const char* at, const char* end) noexcept {
  return end - at >= 5 && std::memcmp(at, "From ", 5) == 0;
}

}  // namespace posthouse::mime
