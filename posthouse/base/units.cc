#include "posthouse/base/units.h"

#include <charconv>

#include "posthouse/base/text.h"

namespace posthouse {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit size_units[] = {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}};

/// "1.5MiB" in octets, or nothing when it is not a number and one of `units`, or larger than any value allowed.
template <std::size_t N>
std::optional<std::uint64_t> with_unit(std::string_view text, const Unit (&units)[N]) {
  double number = 0;
  const auto [end, errc] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (errc != std::errc() || !(number >= 0)) {
    return std::nullopt;
  }
  const std::string_view unit = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const Unit& known : units) {
    const double value = number * static_cast<double>(known.factor);
    if (iequals(known.name, unit) && value < 1e15) {
      return static_cast<std::uint64_t>(value + 0.5);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (!text.empty() && (is_digit(text.back()) || text.back() == '.')) {
    return parse_duration(std::string(text) + "s");
  }
  const auto count = with_unit(text, duration_units);
  if (!count) {
    return std::nullopt;
  }
  return milliseconds(static_cast<std::int64_t>(*count));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  if (!text.empty() && is_digit(text.back())) {
    return parse_size(std::string(text) + "B");
  }
  return with_unit(text, size_units);
}

std::string show_duration(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  for (std::size_t i = std::size(duration_units); i-- > 0;) {
    if (count % duration_units[i].factor == 0 && count >= duration_units[i].factor) {
      return std::to_string(count / duration_units[i].factor) + std::string(duration_units[i].name);
    }
  }
  return std::to_string(count) + "ms";
}

std::string show_size(std::uint64_t size) {
  for (std::size_t i = std::size(size_units); i-- > 0;) {
    if (size % size_units[i].factor == 0 && size >= size_units[i].factor) {
      return std::to_string(size / size_units[i].factor) + std::string(size_units[i].name);
    }
  }
  return std::to_string(size);
}

}  // namespace posthouse
