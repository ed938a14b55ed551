#include "posthouse/imap/wire/text/strings.h"

#include <algorithm>
#include <iterator>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {

bool is_quotable(std::string_view text, StringStyle style) noexcept {
  const auto ends_it = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  if (text.size() > max_quoted || std::any_of(text.begin(), text.end(), ends_it)) {
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
  const auto is_special = [](char c) { return c == '"' || c == '\\'; };
  auto at = text.begin();
  for (auto special = std::find_if(at, text.end(), is_special); special != text.end();
       special = std::find_if(special + 1, text.end(), is_special)) {
    out.append(at, special);
    out += '\\';
    at = special;
  }
  out.append(at, text.end());
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
