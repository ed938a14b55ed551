#pragma once
// How strings are compared: the comparators of RFC 4790, RFC 5051 and what Sieve does with them (RFC 5228 section 2.7.3).
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sieve {

enum class Comparator : std::uint8_t {
  octet,            ///< i;octet
  ascii_casemap,    ///< i;ascii-casemap, the default
  ascii_numeric,    ///< i;ascii-numeric: what begins with no digit is more than any number, and equal to its like
  unicode_casemap,  ///< i;unicode-casemap (RFC 5051)
};
/// By its registered name; nothing where there is none of that name here.
std::optional<Comparator> find_comparator(std::string_view name) noexcept;
/// True for those that can look for a part of a string.
bool has_substrings(Comparator comparator) noexcept;

/// `text` in the form in which octets are compared. Not for ascii_numeric.
std::string folded(Comparator comparator, std::string_view text);
/// The order of two texts.
std::weak_ordering compare(Comparator comparator, std::string_view a, std::string_view b);

/// How a value is compared with a key.
enum class MatchType : std::uint8_t { is, contains, matches, count, value, regex, list };
/// For MatchType::count and MatchType::value (RFC 5231).
enum class Relation : std::uint8_t { gt, ge, lt, le, eq, ne };

/// "gt", "ge", …; nothing for any other word.
std::optional<Relation> find_relation(std::string_view name) noexcept;
/// True when two things with that order are in that relation.
bool holds(Relation relation, std::weak_ordering order) noexcept;

}  // namespace posthouse::sieve
