// What an address looks like when it is stored.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/base/text.h"
#include "posthouse/store/accounts/accounts.h"

namespace posthouse::store {
namespace {

constexpr std::size_t max_local_part = 64;  // RFC 5321 4.5.3.1.1
constexpr std::size_t max_domain = 255;     // 4.5.3.1.2
constexpr std::size_t max_label = 63;       // RFC 1035 2.3.4

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto first = static_cast<std::uint8_t>(text[i++]);
    if (first < 0x80) {
      continue;
    }
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4) {
      return false;
    }
    std::uint32_t value = first & (0x3FU >> more);
    for (int n = 0; n < more; ++n, ++i) {
      if (i >= text.size() || (static_cast<std::uint8_t>(text[i]) & 0xC0) != 0x80) {
        return false;
      }
      value = (value << 6) | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
    }
    if ((more == 2 && value < 0x800) || (more == 3 && value < 0x10000)) {
      return false;
    }
    if ((value >= 0xD800 && value < 0xE000) || value > 0x10FFFF) {
      return false;
    }
  }
  return true;
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

// RFC 5322 3.2.3, with RFC 6531's octets above 127.
bool is_atext(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string::npos;
}

bool is_dot_atom(std::string_view text) {
  const auto pieces = split(text, '.');
  return std::all_of(pieces.begin(), pieces.end(), [](std::string_view piece) {
    return !piece.empty() && std::all_of(piece.begin(), piece.end(), is_atext);
  });
}

/// The content of a quoted-string (RFC 5321 4.1.2); nothing when it is not one.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return std::nullopt;
  }
  text = text.substr(1, text.size() - 2);
  std::string content;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      return std::nullopt;
    }
    if (text[i] == '\\' && ++i == text.size()) {
      return std::nullopt;
    }
    if (static_cast<unsigned char>(text[i]) < ' ' || text[i] == 0x7F) {
      return std::nullopt;
    }
    content += text[i];
  }
  return content;
}

std::string quoted_string(std::string_view content) {
  std::string text = "\"";
  for (const char c : content) {
    if (c == '"' || c == '\\') {
      text += '\\';
    }
    text += c;
  }
  return text + '"';
}

std::optional<std::string> normalize_local_part(std::string_view text) {
  if (text.empty() || text.size() > max_local_part) {
    return std::nullopt;
  }
  if (is_dot_atom(text)) {
    return to_lower(text);
  }
  const auto content = unquoted(text);
  if (!content) {
    return std::nullopt;
  }
  return to_lower(is_dot_atom(*content) ? *content : quoted_string(*content));
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > max_label || label.front() == '-' || label.back() == '-') {
    return false;
  }
  return std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace

std::optional<std::string> normalize_domain(std::string_view domain) {
  if (domain.ends_with('.')) {
    domain.remove_suffix(1);
  }
  if (domain.empty() || domain.size() > max_domain || !is_utf8(domain)) {
    return std::nullopt;
  }
  const auto labels = split(domain, '.');
  if (!std::all_of(labels.begin(), labels.end(), is_label)) {
    return std::nullopt;
  }
  return to_lower(domain);
}

std::optional<std::string> normalize_address(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || !is_utf8(address)) {
    return std::nullopt;
  }
  const auto local_part = normalize_local_part(address.substr(0, at));
  const auto domain = normalize_domain(address.substr(at + 1));
  if (!local_part || !domain) {
    return std::nullopt;
  }
  return *local_part + '@' + *domain;
}

}  // namespace posthouse::store
