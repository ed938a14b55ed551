#include "posthouse/imap/wire/text/grammar.h"

#include <algorithm>
#include <limits>

#include "posthouse/base/text.h"

namespace posthouse::imap {

bool is_atom(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_atom_char);
}

std::optional<std::uint64_t> parse_number64(std::string_view text) noexcept {
  if (text.empty()) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) {
      return std::nullopt;
    }
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (max_number64 - digit) / 10) {
      return std::nullopt;
    }
    value = value * 10 + digit;
  }
  return value;
}

std::optional<std::uint32_t> parse_number(std::string_view text) noexcept {
  const auto value = parse_number64(text);
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*value);
}

}  // namespace posthouse::imap
