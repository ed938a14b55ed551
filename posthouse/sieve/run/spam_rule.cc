#include "posthouse/sieve/run/spam_rule.h"

#include <algorithm>
#include <charconv>

#include "posthouse/base/text.h"
#include "posthouse/sieve/match/regex.h"

namespace posthouse::sieve {
namespace {

// What the pattern finds in the field.
std::optional<std::string> found_in(const mime::Headers& headers, const std::string& field,
                                    const std::string& pattern) {
  if (!headers.contains(field)) {
    return std::nullopt;
  }
  const std::string value = headers.text(field);
  if (pattern.empty()) {
    return value;
  }
  std::string why;
  const auto regex = Regex::compile(pattern, Comparator::ascii_casemap, 1U << 20U, why);
  std::vector<std::string_view> captures;
  std::uint64_t work = 0;
  if (!regex || !regex->match(value, &captures, work)) {
    return std::nullopt;
  }
  return std::string(captures[captures.size() > 1 ? 1 : 0]);
}

// "7.5", "-1"; what is behind it does not count.
std::optional<double> number_in(std::string_view text) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  double value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (bad != std::errc()) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

}  // namespace

std::optional<SpamResult> find_result(const SpamRule& rule, const mime::Headers& headers) {
  const auto result = found_in(headers, rule.field, rule.pattern);
  if (!result) {
    return std::nullopt;
  }
  if (rule.kind == SpamRule::Kind::text) {
    for (std::size_t i = 0; i < rule.texts.size(); ++i) {
      if (!rule.texts[i].empty() && iequals(rule.texts[i], trim(*result))) {
        return SpamResult{.value = static_cast<unsigned>(i)};
      }
    }
    return std::nullopt;
  }
  std::optional<double> most = rule.most;
  if (!rule.most_field.empty()) {
    const auto text = found_in(headers, rule.most_field, rule.most_pattern);
    most = text ? number_in(*text) : std::nullopt;
  }
  const auto score = rule.kind == SpamRule::Kind::length ? static_cast<double>(result->size()) : number_in(*result);
  if (!most || *most <= 0 || !score) {
    return std::nullopt;
  }
  return SpamResult{.part = std::clamp(*score / *most, 0.0, 1.0)};
}

}  // namespace posthouse::sieve
