#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sieve/match/regex.h"
#include "posthouse/sieve/match/wildcard.h"
#include "posthouse/sieve/run/machine.h"

namespace posthouse::sieve {

/// Compares the values a test finds with its keys, one value after the other (RFC 5228 section 2.7).
class Matcher {
 public:
  /// The keys are the strings of `keys`. `captures`: a match sets `${0}` and so on (RFC 5229 section 3.2).
  Matcher(Machine& machine, const Call& call, const Value& keys, bool captures = true);
  /// The same with keys made of the call's own. Those of ":regex" have to be as they are in the call.
  Matcher(Machine& machine, const Call& call, std::vector<std::string> keys, bool captures = true);

  /// One value; true when the test is true whatever comes.
  bool add(std::string_view value);
  /// True for a test that counts: it wants all values, and may do without what they say.
  bool counts() const noexcept { return call_.match == MatchType::count; }
  /// Behind the last value: the test's result.
  bool result() const;
  /// As if no value had been added.
  void begin_again() noexcept;

 private:
  bool folds() const noexcept;
  bool matches_key(std::string_view value, std::size_t key);
  bool with_wildcard(std::string_view value, std::size_t key);
  bool with_regex(std::string_view value, std::size_t key);
  bool in_list(std::string_view value, std::size_t key);

  Machine& machine_;
  const Call& call_;
  std::vector<std::string> keys_;
  bool captures_;
  bool matched_ = false;
  std::uint64_t count_ = 0;
  std::vector<Wildcard> wildcards_{};
  std::vector<std::optional<Regex>> regexes_{};
};

}  // namespace posthouse::sieve
