#include "posthouse/imap/wire/text/strings.h"

#include <algorithm>
#include <iterator>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {

bool is_quotable(std::string_view text, StringStyle style) noexcept {
  if (text.size() > max_quoted || text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return false;
  }
  return is_ascii(text) || (style == StringStyle::utf8 && is_utf8(text));
}

bool is_bare_astring(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_quoted && std::all_of(text.begin(), text.end(), is_astring_char) &&
         !iequals(text, "NIL");
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  out += '"';
}

void append_string(std::string& out, std::string_view text, StringStyle style) {
  if (text.find('\0') != std::string_view::npos) {
    std::string without;
    std::copy_if(text.begin(), text.end(), std::back_inserter(without), [](char c) { return c != '\0'; });
    append_string(out, without, style);
  } else if (is_quotable(text, style)) {
    append_quoted(out, text);
  } else {
    out += '{' + std::to_string(text.size()) + "}\r\n";
    out += text;
  }
}

void append_nstring(std::string& out, const std::optional<std::string>& text, StringStyle style) {
  if (text) {
    append_string(out, *text, style);
  } else {
    out += "NIL";
  }
}

void append_astring(std::string& out, std::string_view text, StringStyle style) {
  if (is_bare_astring(text)) {
    out += text;
  } else {
    append_string(out, text, style);
  }
}

}  // namespace posthouse::imap
