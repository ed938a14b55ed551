#include "posthouse/sql/sqlite/sqlite_decimal.h"

#include <algorithm>
#include <optional>

#include <sqlite3.h>

#include "posthouse/base/text.h"
#include "posthouse/sql/sqlite/sqlite_error.h"

namespace posthouse::sql {
namespace {

/// Without zeros that say nothing; 0 is not negative.
struct Number {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
};

std::optional<Number> parse(std::string_view text) {
  Number number;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  number.whole = text.substr(0, point);
  number.fraction = text.substr(std::min(point + 1, text.size()));
  const auto digits = [](std::string_view part) { return std::all_of(part.begin(), part.end(), is_digit); };
  if (number.whole.size() + number.fraction.size() == 0 || !digits(number.whole) || !digits(number.fraction)) {
    return std::nullopt;
  }
  number.whole.remove_prefix(std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  number.fraction = number.fraction.substr(0, number.fraction.find_last_not_of('0') + 1);
  number.negative = number.negative && number.whole.size() + number.fraction.size() != 0;
  return number;
}

int compare_sizes(const Number& a, const Number& b) noexcept {
  if (a.whole.size() != b.whole.size()) {
    return a.whole.size() < b.whole.size() ? -1 : 1;
  }
  const int whole = a.whole.compare(b.whole);
  return whole != 0 ? whole : a.fraction.compare(b.fraction);
}

}  // namespace

int compare_decimals(std::string_view a, std::string_view b) noexcept {
  const std::optional<Number> one = parse(a);
  const std::optional<Number> other = parse(b);
  if (!one || !other) {
    return one ? -1 : other ? 1 : a.compare(b);
  }
  if (one->negative != other->negative) {
    return one->negative ? -1 : 1;
  }
  return one->negative ? compare_sizes(*other, *one) : compare_sizes(*one, *other);
}

void add_decimal_collation(sqlite3* db) {
  const auto compare = [](void*, int size_a, const void* a, int size_b, const void* b) {
    return compare_decimals({static_cast<const char*>(a), static_cast<std::size_t>(size_a)},
                            {static_cast<const char*>(b), static_cast<std::size_t>(size_b)});
  };
  const int result = sqlite3_create_collation_v2(db, "decimal", SQLITE_UTF8, nullptr, compare, nullptr);
  if (result != SQLITE_OK) {
    fail(db, result, {});
  }
}

}  // namespace posthouse::sql
