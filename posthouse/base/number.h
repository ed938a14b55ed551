#pragma once
// Numbers in texts.
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace posthouse {

/// All of `text` as a decimal number: digits, behind a minus where T has a sign. Nothing where it is anything else, where it
/// is empty, or where T cannot hold the number.
///
///     parse_number<std::uint16_t>("587")    // 587
///     parse_number<std::uint16_t>("70000")  // nothing
template <class T>
std::optional<T> parse_number(std::string_view text) noexcept {
  T number = 0;
  const char* const end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && behind == end ? std::optional(number) : std::nullopt;
}

}  // namespace posthouse
