#include "posthouse/mime/wire/lexer.h"

#include <array>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"

namespace posthouse::mime {

std::size_t skip_comment(std::string_view value, std::size_t at) noexcept {
  std::size_t depth = 0;
  for (; at < value.size(); ++at) {
    if (value[at] == '\\') {
      ++at;
    } else if (value[at] == '(') {
      ++depth;
    } else if (value[at] == ')' && --depth == 0) {
      return at + 1;
    }
  }
  return value.size();
}

std::size_t skip_cfws(std::string_view value, std::size_t at) noexcept {
  while (at < value.size()) {
    if (is_space(value[at])) {
      ++at;
    } else if (value[at] == '(') {
      at = skip_comment(value, at);
    } else {
      break;
    }
  }
  return at;
}

std::size_t read_quoted(std::string_view value, std::size_t at, std::string* out) {
  for (++at; at < value.size(); ++at) {
    char c = value[at];
    if (c == '"') {
      return at + 1;
    }
    if (c == '\r' || c == '\n') {
      continue;
    }
    if (c == '\\' && at + 1 < value.size()) {
      c = value[++at];
    }
    if (out != nullptr) {
      *out += c;
    }
  }
  return value.size();
}

std::string first_word(std::string_view value) {
  const std::size_t begin = skip_cfws(value, 0);
  std::size_t end = begin;
  while (end < value.size() && !is_space(value[end]) && value[end] != ';' && value[end] != '(') {
    ++end;
  }
  return std::string(value.substr(begin, end - begin));
}

// find_first_of() would call memchr for each octet.
std::size_t find_cr_or_lf(std::string_view value, std::size_t at) noexcept {
  while (at < value.size() && value[at] != '\r' && value[at] != '\n') {
    ++at;
  }
  return at < value.size() ? at : std::string_view::npos;
}

void append_unfolded(std::string& out, std::string_view value) {
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = find_cr_or_lf(value, at);
    out.append(value.substr(at, end - at));
    if (end == std::string_view::npos) {
      break;
    }
    at = end + 1;
  }
}

std::string without_space(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    }
  }
  return out;
}

std::string_view without_angles(std::string_view text) noexcept {
  const bool both = text.size() >= 2 && text.starts_with('<') && text.ends_with('>');
  return both ? text.substr(1, text.size() - 2) : text;
}

void append_unescaped(std::string& out, std::string_view content) {
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '\r' || content[i] == '\n') {
      continue;
    }
    if (content[i] == '\\' && i + 1 < content.size()) {
      ++i;
    }
    out += content[i];
  }
}

std::string comment_text(std::string_view comment) {
  std::string_view inner = comment.substr(1);
  if (!inner.empty() && inner.back() == ')') {
    inner.remove_suffix(1);
  }
  std::string out;
  append_unescaped(out, inner);
  return out;
}

std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out += '"';
}

void append_percent_decoded(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else if (text[i] != '\r' && text[i] != '\n') {
      out += text[i];
    }
  }
}

bool is_token_char(char c) noexcept {
  static constexpr std::array<bool, 256> table = [] {
    std::array<bool, 256> is_token{};
    for (std::size_t i = 33; i < 127; ++i) {
      is_token[i] = true;
    }
    for (const char special : std::string_view("()<>@,;:\\\"/[]?=")) {
      is_token[static_cast<std::size_t>(special)] = false;
    }
    return is_token;
  }();
  return table[static_cast<unsigned char>(c)];
}

}  // namespace posthouse::mime
