#include "posthouse/mime/read/terminal_text.h"

#include <algorithm>

#include <unicode/uchar.h>

#include "posthouse/base/utf8.h"
#include "posthouse/mime/read/code_points.h"

namespace posthouse::mime {

char32_t code_point(std::string_view sequence) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(sequence[i])); };
  if (sequence.size() == 1) {
    return octet(0);
  }
  char32_t code = octet(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    code = code << 6 | (octet(i) & 0x3FU);
  }
  return code;
}

bool is_unsafe_to_show(char32_t c) noexcept {
  return (c < 32 && c != '\t') || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

bool is_invisible(char32_t c) noexcept {
  return (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF ||
         c == 0xAD || c == 0x180E || (c >= 0xE0000 && c <= 0xE007F);
}

std::size_t columns_of(char32_t c) noexcept {
  if (c < 0x300) {
    return 1;
  }
  const auto code = static_cast<UChar32>(c);
  const int category = u_charType(code);
  if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || category == U_FORMAT_CHAR) {
    return 0;
  }
  const int width = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

namespace {

std::string shown(std::string_view text, bool keep_line_ends) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence(text, at);
    if (length == 0) {
      out += replacement_character;
      at += utf8_bad_length(text, at);
      continue;
    }
    const char32_t c = code_point(text.substr(at, length));
    const bool line_end = keep_line_ends && (c == '\n' || (c == '\r' && text.substr(at + 1, 1) == "\n"));
    if (line_end || !is_unsafe_to_show(c)) {
      if (c != '\r') {
        out.append(text.substr(at, length));
      }
    } else {
      out += "\\u{";
      for (int shift = c > 0xFF ? 12 : 4; shift >= 0; shift -= 4) {
        out += hex[c >> shift & 15];
      }
      out += '}';
    }
    at += length;
  }
  return out;
}

}  // namespace

std::string terminal_text(std::string_view text) {
  return shown(text, true);
}

std::string terminal_line(std::string_view text) {
  return shown(text, false);
}

std::size_t terminal_columns(std::string_view line) noexcept {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(line, at), 1);
    columns += columns_of(code_point(line.substr(at, length)));
    at += length;
  }
  return columns;
}

std::size_t terminal_break(std::string_view line, std::size_t columns) noexcept {
  std::size_t used = 0;
  std::size_t blank = 0;  // behind the last blank in the second half
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(line, at), 1);
    used += columns_of(code_point(line.substr(at, length)));
    if (used > columns && at > 0 && line[at] != ' ') {
      return blank > 0 ? blank : at;
    }
    at += length;
    if (line[at - 1] == ' ' && used * 2 > columns) {
      blank = at;
    }
  }
  return line.size();
}

}  // namespace posthouse::mime
