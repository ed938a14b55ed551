#include "posthouse/mailauth/wire/tag_list.h"

#include <algorithm>
#include <limits>

#include "posthouse/base/base64.h"
#include "posthouse/base/text.h"

namespace posthouse::mailauth {
namespace {

bool is_tag_name(std::string_view name) noexcept {
  const auto is_alpha = [](char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; };
  return !name.empty() && is_alpha(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

bool is_space_octet(char c) noexcept {
  return is_space(c);
}

/// VALCHAR, white space, and what UTF-8 has above ASCII (RFC 8616 section 4).
bool is_tag_value(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet > 32 ? octet != 127 : is_space(c);
  });
}

}  // namespace

std::optional<TagList> TagList::parse(std::string_view text, std::string& why) {
  TagList list;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::string_view spec = text.substr(at, end - at);
    const std::size_t begin = at;
    at = end + 1;
    if (trim(spec).empty()) {
      if (trim(text.substr(std::min(at, text.size()))).empty() && !list.tags_.empty()) {
        break;  // behind the last ";"
      }
      why = "nothing between two \";\"";
      return std::nullopt;
    }
    const std::size_t equals = spec.find('=');
    const std::string_view name = trim(spec.substr(0, equals));
    if (equals == std::string_view::npos || !is_tag_name(name)) {
      why = "\"" + printable(trim(spec), 40) + "\" is no tag with a value";
      return std::nullopt;
    }
    const std::string_view value = trim(spec.substr(equals + 1));
    if (!is_tag_value(value)) {
      why = "control characters in " + std::string(name) + "=";
      return std::nullopt;
    }
    if (list.find(name) != nullptr) {
      why = std::string(name) + "= is there twice";
      return std::nullopt;
    }
    if (list.tags_.size() == most_tags) {
      why = "more than " + std::to_string(most_tags) + " tags";
      return std::nullopt;
    }
    list.tags_.push_back({.name = name, .value = value, .value_begin = begin + equals + 1, .value_end = end});
  }
  if (list.tags_.empty()) {
    why = "no tags";
    return std::nullopt;
  }
  return list;
}

const TagList::Tag* TagList::find(std::string_view name) const noexcept {
  const auto found = std::find_if(tags_.begin(), tags_.end(), [&](const Tag& tag) { return tag.name == name; });
  return found == tags_.end() ? nullptr : &*found;
}

std::string_view TagList::value(std::string_view name, std::string_view otherwise) const noexcept {
  const Tag* const tag = find(name);
  return tag == nullptr ? otherwise : tag->value;
}

std::vector<std::string> colon_list(std::string_view value) {
  std::vector<std::string> pieces;
  for (const std::string_view piece : split(value, ':')) {
    pieces.push_back(to_lower(trim(piece)));
  }
  return pieces;
}

bool colon_list_has(std::string_view value, std::string_view wanted) noexcept {
  for (;;) {
    const std::size_t colon = value.find(':');
    if (iequals(trim(value.substr(0, colon)), wanted)) {
      return true;
    }
    if (colon == std::string_view::npos) {
      return false;
    }
    value.remove_prefix(colon + 1);
  }
}

std::optional<std::string> decode_tag_base64(std::string_view value) {
  std::string digits(value);
  std::erase_if(digits, is_space_octet);
  if (digits.find('=') == std::string::npos) {
    digits.append((4 - digits.size() % 4) % 4, '=');
  }
  return base64_decode(digits);
}

std::optional<std::uint64_t> decode_tag_number(std::string_view value, std::size_t digits) noexcept {
  if (value.empty() || value.size() > digits || !std::all_of(value.begin(), value.end(), is_digit)) {
    return std::nullopt;
  }
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  for (const char c : value) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (most - digit) / 10) {
      return most;
    }
    number = number * 10 + digit;
  }
  return number;
}

}  // namespace posthouse::mailauth
