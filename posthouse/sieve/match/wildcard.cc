#include "posthouse/sieve/match/wildcard.h"

#include <utility>

#include "posthouse/base/utf8.h"

namespace posthouse::sieve {
namespace {

std::size_t character_length(Comparator comparator, std::string_view text, std::size_t at) noexcept {
  if (comparator == Comparator::octet) {
    return 1;
  }
  const std::size_t length = utf8_sequence(text, at);
  return length != 0 ? length : 1;
}

struct Character {
  std::size_t begin;
  std::string folded;  // short enough to be no allocation
};

std::vector<Character> characters_of(Comparator comparator, std::string_view text) {
  std::vector<Character> characters;
  characters.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(comparator, text, at);
    characters.push_back({at, folded(comparator, text.substr(at, length))});
    at += length;
  }
  return characters;
}

}  // namespace

Wildcard::Wildcard(Comparator comparator, std::string_view pattern) : comparator_(comparator) {
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern[at] == '*') {
      units_.push_back({Unit::Kind::any, {}});
      ++at;
      continue;
    }
    if (pattern[at] == '?') {
      units_.push_back({Unit::Kind::one, {}});
      ++at;
      continue;
    }
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
    }
    const std::size_t length = character_length(comparator, pattern, at);
    units_.push_back({Unit::Kind::literal, folded(comparator, pattern.substr(at, length))});
    at += length;
  }
}

bool Wildcard::match(std::string_view value, std::vector<std::string_view>* captures, std::uint64_t& work) const {
  constexpr auto none = static_cast<std::size_t>(-1);
  constexpr std::uint64_t most_steps = 1U << 23U;
  const std::vector<Character> characters = characters_of(comparator_, value);
  std::vector<std::pair<std::size_t, std::size_t>> taken(units_.size());  // by unit, in characters
  std::size_t unit = 0;
  std::size_t at = 0;
  std::size_t star = none;  // the last "*", and where what is behind it is tried
  std::size_t star_at = 0;
  std::uint64_t steps = characters.size();
  while (at < characters.size() || unit < units_.size()) {
    if (++steps > most_steps) {
      work += most_steps;  // more than any run may do
      return false;
    }
    if (unit < units_.size() && units_[unit].kind == Unit::Kind::any) {
      star = unit++;
      star_at = at;
      taken[star] = {at, at};
    } else if (unit < units_.size() && at < characters.size() &&
               (units_[unit].kind == Unit::Kind::one || units_[unit].text == characters[at].folded)) {
      taken[unit] = {at, at + 1};
      ++unit;
      ++at;
    } else if (star != none && star_at < characters.size()) {
      taken[star].second = at = ++star_at;
      unit = star + 1;
      if (unit == units_.size()) {  // the last of all takes what is left
        taken[star].second = at = characters.size();
      }
    } else {
      work += steps / 256;
      return false;
    }
  }
  work += steps / 256;
  if (captures != nullptr) {
    const auto offset = [&](std::size_t index) {
      return index < characters.size() ? characters[index].begin : value.size();
    };
    captures->assign(1, value);
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (units_[i].kind != Unit::Kind::literal) {
        const std::size_t begin = offset(taken[i].first);
        captures->push_back(value.substr(begin, offset(taken[i].second) - begin));
      }
    }
  }
  return true;
}

}  // namespace posthouse::sieve
