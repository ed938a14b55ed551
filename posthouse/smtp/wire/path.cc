#include "posthouse/smtp/wire/path.h"

#include <array>
#include <cstdint>

#include "posthouse/base/text.h"
#include "posthouse/net/address.h"

namespace posthouse::smtp {
namespace {

constexpr std::size_t max_path = 256, max_local_part = 64, max_domain = 255, max_label = 63;

bool is_letter_or_digit(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}
bool is_8bit(char c) {
  return static_cast<unsigned char>(c) >= 128;
}

// atext of RFC 5322 section 3.2.3 and UTF8-non-ascii of RFC 6531.
constexpr std::array<bool, 256> atext = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) {
    table[static_cast<std::size_t>(c)] = true;
  }
  for (int c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = true;
  }
  for (int c = 'A'; c <= 'Z'; ++c) {
    table[static_cast<std::size_t>(c)] = true;
  }
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  for (std::size_t c = 128; c < 256; ++c) {
    table[c] = true;
  }
  return table;
}();

bool is_atext(char c) {
  return atext[static_cast<unsigned char>(c)];
}

/// The length of the dot-string that `text` begins with; 0 when there is none.
std::size_t dot_string_length(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && is_atext(text[i])) {
    ++i;
    if (i + 1 < text.size() && text[i] == '.' && is_atext(text[i + 1])) {
      ++i;
    }
  }
  return i;
}

/// Takes a quoted string off `text` and returns what it says.
std::optional<std::string> take_quoted_string(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (c == '\\') {
      if (++i == text.size()) {
        return std::nullopt;
      }
      c = text[i];
      if (is_8bit(c)) {
        return std::nullopt;
      }
    }
    if (!is_8bit(c) && (c < ' ' || c > '~')) {
      return std::nullopt;
    }
    out += c;
  }
  return std::nullopt;
}

std::string quote(std::string_view content) {
  if (!content.empty() && dot_string_length(content) == content.size()) {
    return std::string(content);
  }
  std::string out = "\"";
  for (const char c : content) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out += '"';
}

/// Takes a local part off `text`, quoted only where needed.
std::optional<std::string> take_local_part(std::string_view& text) {
  if (!text.empty() && text[0] == '"') {
    const std::size_t before = text.size();
    auto content = take_quoted_string(text);
    if (!content || before - text.size() > max_local_part + 2) {
      return std::nullopt;
    }
    return quote(*content);
  }
  const std::size_t length = dot_string_length(text);
  if (length == 0 || length > max_local_part) {
    return std::nullopt;
  }
  std::string out(text.substr(0, length));
  text.remove_prefix(length);
  return out;
}

/// The length of the domain that `text` begins with; 0 when there is none.
std::size_t domain_length(std::string_view text) {
  std::size_t i = 0;
  for (;;) {
    const std::size_t start = i;
    while (i < text.size() && (is_letter_or_digit(text[i]) || text[i] == '-' || text[i] == '_' || is_8bit(text[i]))) {
      ++i;
    }
    if (i == start || i - start > max_label || text[start] == '-' || text[i - 1] == '-') {
      return 0;
    }
    if (i == text.size() || text[i] != '.') {
      return i <= max_domain ? i : 0;
    }
    ++i;
  }
}

bool is_address_literal(std::string_view content) {
  if (istarts_with(content, "IPv6:")) {
    content.remove_prefix(5);
    return content.find(':') != std::string_view::npos && content.find_first_of("[]%") == std::string_view::npos &&
           net::Address::try_ip(content, 0).has_value();
  }
  return content.find(':') == std::string_view::npos && net::Address::try_ip(content, 0).has_value();
}

/// Takes a domain or an address literal off `text`.
std::optional<std::string> take_domain(std::string_view& text) {
  std::size_t length = 0;
  if (!text.empty() && text[0] == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_address_literal(text.substr(1, end - 1))) {
      return std::nullopt;
    }
    length = end + 1;
  } else {
    length = domain_length(text);
    if (length == 0) {
      return std::nullopt;
    }
  }
  std::string out(text.substr(0, length));
  text.remove_prefix(length);
  return out;
}

std::optional<std::string> take_mailbox(std::string_view& text) {
  auto address = take_local_part(text);
  if (!address || text.empty() || text[0] != '@') {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto domain = take_domain(text);
  if (!domain) {
    return std::nullopt;
  }
  return *address += '@' + *domain;
}

/// Drops `@a,@b:` off the front; false when it is malformed.
bool skip_source_route(std::string_view& text) {
  if (text.empty() || text[0] != '@') {
    return true;
  }
  for (;;) {
    if (text.empty() || text[0] != '@') {
      return false;
    }
    text.remove_prefix(1);
    if (!take_domain(text) || text.empty()) {
      return false;
    }
    const char separator = text[0];
    text.remove_prefix(1);
    if (separator == ':') {
      return true;
    }
    if (separator != ',') {
      return false;
    }
  }
}

}  // namespace

std::optional<Path> take_path(std::string_view& text, PathKind kind) {
  if (text.empty() || text[0] != '<') {
    return std::nullopt;
  }
  std::string_view rest = text.substr(1);
  Path path;
  if (!rest.empty() && rest[0] == '>') {
    if (kind != PathKind::reverse) {
      return std::nullopt;
    }
  } else if (kind == PathKind::forward && istarts_with(rest, "postmaster>")) {
    path.address = rest.substr(0, 10);
    rest.remove_prefix(10);
  } else {
    if (!skip_source_route(rest)) {
      return std::nullopt;
    }
    const std::string_view start = rest;
    auto address = take_mailbox(rest);
    // The route is not counted: it is a relic that some clients still send (RFC 5321 appendix C).
    if (!address || rest.empty() || rest[0] != '>' || start.size() - rest.size() + 2 > max_path) {
      return std::nullopt;
    }
    path.address = std::move(*address);
    path.ascii = is_ascii(path.address);
    if (!path.ascii && !is_utf8(path.address)) {
      return std::nullopt;
    }
  }
  text = rest.substr(1);
  return path;
}

bool is_mailbox(std::string_view address) {
  const std::size_t size = address.size();
  return take_mailbox(address) && address.empty() && size + 2 <= max_path && is_utf8(address);
}

bool is_utf8(std::string_view text) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = octet(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || i + more >= text.size()) {
      return false;
    }
    std::uint32_t point = lead & (0x3fU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      if ((octet(i + k) & 0xc0) != 0x80) {
        return false;
      }
      point = point << 6 | (octet(i + k) & 0x3fU);
    }
    const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace posthouse::smtp
