#pragma once
// How likely a message is unwanted, by the words of those that people have sorted.
//
// Each word that has been seen is a piece of evidence: its share among unwanted and wanted messages, drawn towards one half
// where it was seen seldom (Robinson). The strongest pieces are put together by Fisher's method, once for each side; when
// both sides are equally sure, nothing is known.
#include <cstddef>
#include <cstdint>
#include <span>

namespace posthouse::judge {

/// How often messages with a word were sorted.
struct WordCounts {
  std::uint32_t wanted = 0;
  std::uint32_t unwanted = 0;

  bool operator==(const WordCounts&) const = default;
};

/// How many messages have been sorted in all.
struct Totals {
  std::uint32_t wanted = 0;
  std::uint32_t unwanted = 0;

  bool operator==(const Totals&) const = default;
};

/// What the words of a message say.
struct Likelihood {
  double unwanted = 0.5;     ///< 0 (wanted) to 1 (unwanted).
  std::size_t evidence = 0;  ///< Words that were put together.
};

/// `words`: the counts of the message's words, in any order. Until `least_learned` messages of each side have been sorted
/// nothing is known.
Likelihood likelihood_of(std::span<const WordCounts> words, const Totals& totals, std::uint32_t least_learned = 20);

/// The probability that a chi-squared variable with `degrees` (even) degrees of freedom is above `value`: 0 to 1.
double chi_squared_above(double value, std::size_t degrees);

}  // namespace posthouse::judge
