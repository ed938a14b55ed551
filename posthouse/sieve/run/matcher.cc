#include "posthouse/sieve/run/matcher.h"

#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"

namespace posthouse::sieve {

Matcher::Matcher(Machine& machine, const Call& call, const Value& keys, bool captures)
    : Matcher(machine, call, machine.texts(keys), captures) {}

Matcher::Matcher(Machine& machine, const Call& call, std::vector<std::string> keys, bool captures)
    : machine_(machine),
      call_(call),
      keys_(std::move(keys)),
      captures_(captures && machine.uses(Extension::variables)) {
  if (call_.match == MatchType::matches) {
    for (const std::string& key : keys_) {
      wildcards_.emplace_back(call_.comparator, key);
    }
  } else if (folds()) {
    for (std::string& key : keys_) {
      key = folded(call_.comparator, key);
    }
  } else if (call_.match == MatchType::regex) {
    regexes_ = call_.regexes;
    regexes_.resize(keys_.size());
  }
}

bool Matcher::with_wildcard(std::string_view value, std::size_t key) {
  std::vector<std::string_view> found;
  std::uint64_t work = 0;
  const bool match = wildcards_[key].match(value, captures_ ? &found : nullptr, work);
  machine_.spend(work);
  if (match && captures_) {
    machine_.set_match_values(found);
  }
  return match;
}

bool Matcher::with_regex(std::string_view value, std::size_t key) {
  if (!regexes_[key]) {
    std::string why;
    regexes_[key] = Regex::compile(keys_[key], call_.comparator, machine_.context().limits.regex_memory, why);
    machine_.spend(keys_[key].size());
    if (!regexes_[key]) {
      machine_.fail(call_.at, fmt::format("'{}' is no regular expression: {}", printable(keys_[key], 60), why));
    }
  }
  std::vector<std::string_view> found;
  std::uint64_t work = 0;
  const bool match = regexes_[key]->match(value, captures_ ? &found : nullptr, work);
  machine_.spend(work);
  if (match && captures_) {
    machine_.set_match_values(found);
  }
  return match;
}

bool Matcher::in_list(std::string_view value, std::size_t key) {
  const Lists* lists = machine_.context().lists;
  if (lists == nullptr || !lists->contains(keys_[key], value)) {
    return false;
  }
  if (captures_) {
    machine_.set_match_values({value});
  }
  return true;
}

bool Matcher::folds() const noexcept {
  return (call_.match == MatchType::is || call_.match == MatchType::contains) &&
         (call_.comparator == Comparator::ascii_casemap || call_.comparator == Comparator::unicode_casemap);
}

// `value` is folded where the keys are.
bool Matcher::matches_key(std::string_view value, std::size_t key) {
  switch (call_.match) {
    case MatchType::is:
      return call_.comparator == Comparator::ascii_numeric ? compare(call_.comparator, value, keys_[key]) == 0
                                                           : value == keys_[key];
    case MatchType::contains:
      return value.find(keys_[key]) != std::string_view::npos;
    case MatchType::matches:
      return with_wildcard(value, key);
    case MatchType::regex:
      return with_regex(value, key);
    case MatchType::value:
      return holds(call_.relation, compare(call_.comparator, value, keys_[key]));
    case MatchType::list:
      return in_list(value, key);
    case MatchType::count:
      break;
  }
  return false;
}

bool Matcher::add(std::string_view value) {
  if (counts()) {
    ++count_;
    return false;
  }
  machine_.spend(1 + value.size() / 256 * keys_.size());
  std::string same_case;
  if (folds()) {
    same_case = folded(call_.comparator, value);
    value = same_case;
  }
  for (std::size_t key = 0; key < keys_.size() && !matched_; ++key) {
    matched_ = matches_key(value, key);
  }
  return matched_;
}

void Matcher::begin_again() noexcept {
  matched_ = false;
  count_ = 0;
}

bool Matcher::result() const {
  if (!counts()) {
    return matched_;
  }
  const std::string count = std::to_string(count_);
  for (const std::string& key : keys_) {
    if (holds(call_.relation, compare(call_.comparator, count, key))) {
      return true;
    }
  }
  return false;
}

}  // namespace posthouse::sieve
