#pragma once
// Results of filters in header fields (RFC 5235).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mime/fields/header.h"

namespace posthouse::sieve {

/// Where a filter has written its result, and what it means.
///
///     SpamRule{.field = "X-Spam-Status", .pattern = "score=(-?[0-9.]+)", .most_field = "X-Spam-Status",
///              .most_pattern = "required=([0-9.]+)"};
struct SpamRule {
  enum class Kind : std::uint8_t {
    score,   ///< A number; `most` and more is the worst.
    length,  ///< As many characters as the number: "*****".
    text     ///< One of `texts`.
  } kind = Kind::score;
  std::string field{};    ///< The field.
  std::string pattern{};  ///< An extended regular expression, whose first group is the result; empty: the whole value.
  std::string most_field{};    ///< Where the worst score stands; empty: `most`.
  std::string most_pattern{};  ///< As `pattern`.
  double most = 0;             ///< The worst score.
  /// For Kind::text: the text for each value of "spamtest" or "virustest" from 0; empty ones are not used.
  std::vector<std::string> texts{};
};

/// The result: a part of the worst, 0 to 1. Nothing where there is none.
struct SpamResult {
  std::optional<double> part{};
  std::optional<unsigned> value{};  ///< By text.
};
std::optional<SpamResult> find_result(const SpamRule& rule, const mime::Headers& headers);

}  // namespace posthouse::sieve
