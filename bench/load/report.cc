#include "report.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace mailload {

Json& Json::raw(std::string_view key, std::string_view value) {
  if (out_.size() > 1) {
    out_ += ',';
  }
  out_.append("\"").append(key).append("\":").append(value);
  return *this;
}

Json& Json::number(std::string_view key, double value, int decimals) {
  if (!std::isfinite(value)) {
    return raw(key, "null");
  }
  char digits[64];
  std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
  return raw(key, digits);
}

Json& Json::text(std::string_view key, std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += c >= ' ' && c <= '~' ? c : ' ';
  }
  return raw(key, quoted + "\"");
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string percentiles_ms(std::vector<double> seconds) {
  Json json;
  if (seconds.empty()) {
    return json.str();
  }
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(seconds.size()));
    return seconds[std::min(seconds.size() - 1, index)] * 1e3;
  };
  json.number("p50", at(.5), 3).number("p95", at(.95), 3).number("p99", at(.99), 3);
  return json.number("max", seconds.back() * 1e3, 3).str();
}

void Troubles::add(const std::string& what) {
  if (count_++ > 0) {
    return;
  }
  first_ = what;
  std::fprintf(stderr, "mailload: %s\n", what.c_str());
}

}  // namespace mailload
