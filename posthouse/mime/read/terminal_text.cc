#include "posthouse/mime/read/terminal_text.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/read/code_points.h"

namespace posthouse::mime {
namespace {

std::string shown(std::string_view text, bool keep_line_ends) {
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
      out += fmt::format("\\u{{{:0{}X}}}", static_cast<std::uint32_t>(c), c > 0xFF ? 4 : 2);
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
