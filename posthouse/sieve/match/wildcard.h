#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sieve/match/comparator.h"

namespace posthouse::sieve {

/// A pattern of ":matches" (RFC 5228 section 2.7.1): "*" stands for any characters or none, "?" for one, "\" takes its
/// meaning from either. A character is one of UTF-8, or an octet for i;octet.
class Wildcard {
 public:
  Wildcard(Comparator comparator, std::string_view pattern);

  /// True when all of `value` is matched. Each wildcard takes as little as it can, from the left (RFC 5229 section 3.2).
  /// `captures`, when given, then gets the value and what each wildcard stands for, in order, views into `value`. Does not
  /// recurse; at most as many steps as the lengths multiplied, which are added to `work` (one for each 256). Beyond 8
  /// million nothing is matched, and `work` gets so much that no run may go on.
  bool match(std::string_view value, std::vector<std::string_view>* captures, std::uint64_t& work) const;

 private:
  struct Unit {
    enum class Kind : std::uint8_t { literal, one, any } kind;
    std::string text;  // of a literal, folded
  };

  Comparator comparator_;
  std::vector<Unit> units_{};
};

}  // namespace posthouse::sieve
