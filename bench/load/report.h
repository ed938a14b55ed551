#pragma once
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace mailload {

/// Writes one JSON object, member by member.
class Json {
 public:
  Json& number(std::string_view key, double value, int decimals);
  template <std::integral T>
  Json& number(std::string_view key, T value) {
    return raw(key, std::to_string(value));
  }
  Json& text(std::string_view key, std::string_view value);
  /// `value` is JSON already.
  Json& raw(std::string_view key, std::string_view value);
  std::string str() const { return out_ + "}"; }

 private:
  std::string out_ = "{";
};

/// Seconds on the steady clock.
double now();

/// p50, p95, p99 and the greatest of `seconds`, as a JSON object in milliseconds.
std::string percentiles_ms(std::vector<double> seconds);

/// What went wrong in this run: each one is counted, the first is kept and shown at once on stderr.
class Troubles {
 public:
  void add(const std::string& what);
  long count() const { return count_; }
  const std::string& first() const { return first_; }

 private:
  long count_ = 0;
  std::string first_;
};

}  // namespace mailload
