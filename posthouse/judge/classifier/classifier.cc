#include "posthouse/judge/classifier/classifier.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace posthouse::judge {
namespace {

constexpr double unknown = 0.5;             // what a word says that was never seen
constexpr double strength = 0.45;           // as if so many messages had said that
constexpr double least_evidence = 0.1;      // a word that is nearer to one half says nothing
constexpr std::size_t most_evidence = 150;  // words that are put together, the strongest

double chance_of(const WordCounts& word, const Totals& totals) {
  const double wanted = static_cast<double>(word.wanted) / totals.wanted;
  const double unwanted = static_cast<double>(word.unwanted) / totals.unwanted;
  if (wanted + unwanted == 0) {
    return unknown;
  }
  const double seen = static_cast<double>(word.wanted) + static_cast<double>(word.unwanted);
  return (strength * unknown + seen * unwanted / (wanted + unwanted)) / (strength + seen);
}

}  // namespace

double chi_squared_above(double value, std::size_t degrees) {
  const double half = value / 2;
  double term = std::exp(-half);
  double sum = term;
  for (std::size_t i = 1; i < degrees / 2; ++i) {
    term *= half / static_cast<double>(i);
    sum += term;
  }
  return std::min(sum, 1.0);
}

Likelihood likelihood_of(std::span<const WordCounts> words, const Totals& totals, std::uint32_t least_learned) {
  if (totals.wanted < least_learned || totals.unwanted < least_learned) {
    return {};
  }
  std::vector<double> chances;
  for (const WordCounts& word : words) {
    const double chance = chance_of(word, totals);
    if (std::abs(chance - unknown) >= least_evidence) {
      chances.push_back(chance);
    }
  }
  const std::size_t used = std::min(chances.size(), most_evidence);
  std::partial_sort(chances.begin(), chances.begin() + static_cast<std::ptrdiff_t>(used), chances.end(),
                    [](double a, double b) { return std::abs(a - unknown) > std::abs(b - unknown); });
  chances.resize(used);
  if (used == 0) {
    return {};
  }
  double log_unwanted = 0;
  double log_wanted = 0;
  for (const double chance : chances) {
    log_unwanted += std::log(1 - chance);
    log_wanted += std::log(chance);
  }
  const double not_unwanted = chi_squared_above(-2 * log_unwanted, 2 * used);
  const double not_wanted = chi_squared_above(-2 * log_wanted, 2 * used);
  return {.unwanted = (1 - not_unwanted + not_wanted) / 2, .evidence = used};
}

}  // namespace posthouse::judge
