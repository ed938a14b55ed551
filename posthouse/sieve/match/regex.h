#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sieve/match/comparator.h"

namespace re2 {
class RE2;
}

namespace posthouse::sieve {

/// A regular expression of ":regex" (draft-ietf-sieve-regex): an extended one of POSIX, found anywhere in a value. Of
/// several matches the leftmost and then the longest is taken.
///
/// RE2 runs them: time is linear in the value whatever the pattern, memory is bounded. What differs from POSIX: groups
/// inside a repetition may hold other parts of the match, there are no collating elements ("[.a.]", "[=a=]"), and Perl's
/// "\d", "\w", "\b" are known. Case is ignored but for i;octet.
class Regex {
 public:
  /// Nothing for what is no regular expression, or takes more than `memory` octets; `why` then says what is wrong.
  static std::optional<Regex> compile(std::string_view pattern, Comparator comparator, std::size_t memory,
                                      std::string& why);

  /// True when the value has a match in it. `captures`, when given, then gets the match and what its groups hold, in order,
  /// views into `value`.
  bool match(std::string_view value, std::vector<std::string_view>* captures, std::uint64_t& work) const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> engine) noexcept;
  std::shared_ptr<const re2::RE2> engine_;
};

}  // namespace posthouse::sieve
