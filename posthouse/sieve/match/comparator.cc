#include "posthouse/sieve/match/comparator.h"

#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/casemap.h"

namespace posthouse::sieve {
namespace {

constexpr std::array<std::string_view, 4> comparator_names{"i;octet", "i;ascii-casemap", "i;ascii-numeric",
                                                           "i;unicode-casemap"};
constexpr std::array<std::string_view, 6> relation_names{"gt", "ge", "lt", "le", "eq", "ne"};

// The digits a text begins with, without zeros before them; nothing where there are none.
std::optional<std::string_view> number_of(std::string_view text) noexcept {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  text = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  if (text.empty()) {
    return std::nullopt;
  }
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  return text;
}

std::weak_ordering compare_numbers(std::string_view a, std::string_view b) noexcept {
  const auto left = number_of(a);
  const auto right = number_of(b);
  if (!left || !right) {
    return static_cast<int>(!left) <=> static_cast<int>(!right);
  }
  if (left->size() != right->size()) {
    return left->size() <=> right->size();
  }
  return left->compare(*right) <=> 0;
}

}  // namespace

std::optional<Comparator> find_comparator(std::string_view name) noexcept {
  const auto found = std::find(comparator_names.begin(), comparator_names.end(), name);
  if (found == comparator_names.end()) {
    return std::nullopt;
  }
  return static_cast<Comparator>(found - comparator_names.begin());
}

bool has_substrings(Comparator comparator) noexcept {
  return comparator != Comparator::ascii_numeric;
}

std::string folded(Comparator comparator, std::string_view text) {
  switch (comparator) {
    case Comparator::ascii_casemap:
      return to_lower(text);
    case Comparator::unicode_casemap:
      return mime::casemapped(text);
    default:
      return std::string(text);
  }
}

std::weak_ordering compare(Comparator comparator, std::string_view a, std::string_view b) {
  switch (comparator) {
    case Comparator::octet:
      return a.compare(b) <=> 0;
    case Comparator::ascii_numeric:
      return compare_numbers(a, b);
    default:
      return folded(comparator, a).compare(folded(comparator, b)) <=> 0;
  }
}

std::optional<Relation> find_relation(std::string_view name) noexcept {
  const auto found = std::find(relation_names.begin(), relation_names.end(), name);
  if (found == relation_names.end()) {
    return std::nullopt;
  }
  return static_cast<Relation>(found - relation_names.begin());
}

bool holds(Relation relation, std::weak_ordering order) noexcept {
  switch (relation) {
    case Relation::gt:
      return order > 0;
    case Relation::ge:
      return order >= 0;
    case Relation::lt:
      return order < 0;
    case Relation::le:
      return order <= 0;
    case Relation::eq:
      return order == 0;
    case Relation::ne:
      return order != 0;
  }
  return false;
}

}  // namespace posthouse::sieve
