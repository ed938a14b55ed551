#include "posthouse/mailauth/wire/tag_list.h"

#include <algorithm>
#include <array>
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

/// VALCHAR, white space, and what UTF-8 has above ASCII (RFC 8616 section 4).
constexpr std::array<bool, 256> value_octets = [] {
  std::array<bool, 256> out{};
  for (unsigned octet = 0; octet < 256; ++octet) {
    out[octet] = octet > 32 ? octet != 127 : is_space(static_cast<char>(octet));
  }
  return out;
}();

bool is_tag_value(std::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(), [](char c) { return value_octets[static_cast<unsigned char>(c)]; });
}

constexpr std::uint8_t no_digit = 255;
constexpr auto digit_values = base64_values<256>(no_digit);

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
  std::string out(value.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  std::uint32_t bits = 0;
  for (const char c : value) {
    const std::uint8_t digit = digit_values[static_cast<unsigned char>(c)];
    if (digit == no_digit) {
      if (is_space(c)) {
        continue;
      }
      if (c != '=' || ++padding > 2) {
        return std::nullopt;
      }
    } else if (padding != 0) {
      return std::nullopt;
    } else {
      bits = bits << 6 | digit;
      if (++digits % 4 != 1) {  // the second, third and fourth of four give an octet each
        out[size++] = static_cast<char>(bits >> (6 - 2 * ((digits - 1) % 4)) & 255);
      }
    }
  }
  // What is left over of the last octet is zero; three digits are never all there is of four with two of padding.
  const std::size_t last = digits % 4;
  const std::uint32_t left_over = last == 2 ? bits & 15 : last == 3 ? bits & 3 : 0;
  if (last == 1 || left_over != 0 || (padding != 0 && (digits + padding) % 4 != 0)) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
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
