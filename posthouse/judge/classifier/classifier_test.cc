#include "posthouse/judge/classifier/classifier.h"

#include <vector>

#include <gtest/gtest.h>

namespace posthouse::judge {
namespace {

constexpr Totals learned{.wanted = 100, .unwanted = 100};

TEST(ChiSquared, IsThatOfTheTables) {
  EXPECT_NEAR(chi_squared_above(5.991, 2), 0.05, 1e-3);
  EXPECT_NEAR(chi_squared_above(18.307, 10), 0.05, 1e-3);
  EXPECT_NEAR(chi_squared_above(124.342, 100), 0.05, 1e-3);
  EXPECT_DOUBLE_EQ(chi_squared_above(0, 20), 1.0);
}

TEST(Likelihood, NothingIsKnownWithoutLessons) {
  const std::vector<WordCounts> words(10, {.wanted = 0, .unwanted = 10});
  EXPECT_EQ(likelihood_of(words, {.wanted = 19, .unwanted = 500}).evidence, 0U);
  EXPECT_DOUBLE_EQ(likelihood_of(words, {.wanted = 19, .unwanted = 500}).unwanted, 0.5);
  EXPECT_EQ(likelihood_of({}, learned).evidence, 0U);
  const std::vector<WordCounts> unknown(10);
  EXPECT_EQ(likelihood_of(unknown, learned).evidence, 0U);
}

TEST(Likelihood, GoesByTheWords) {
  const std::vector<WordCounts> bad(20, {.wanted = 0, .unwanted = 10});
  const std::vector<WordCounts> good(20, {.wanted = 10, .unwanted = 0});
  EXPECT_GT(likelihood_of(bad, learned).unwanted, 0.99);
  EXPECT_LT(likelihood_of(good, learned).unwanted, 0.01);
  std::vector<WordCounts> both = bad;
  both.insert(both.end(), good.begin(), good.end());
  EXPECT_NEAR(likelihood_of(both, learned).unwanted, 0.5, 0.01) << "who is sure of both knows nothing";
}

TEST(Likelihood, GoesByShares) {
  const std::vector<WordCounts> words(20, {.wanted = 50, .unwanted = 50});
  EXPECT_EQ(likelihood_of(words, learned).evidence, 0U);
  EXPECT_GT(likelihood_of(words, {.wanted = 10'000, .unwanted = 100}).unwanted, 0.9);
}

TEST(Likelihood, AWordSeenOnceSaysLittle) {
  const std::vector<WordCounts> once(1, {.wanted = 0, .unwanted = 1});
  EXPECT_LT(likelihood_of(once, learned).unwanted, 0.9);
  EXPECT_GT(likelihood_of(once, learned).unwanted, 0.5);
}

TEST(Likelihood, CountsThatAreWrongDoNoHarm) {
  const std::vector<WordCounts> words(500, {.wanted = 4'000'000'000, .unwanted = 4'000'000'000});
  const Likelihood result = likelihood_of(words, {.wanted = 20, .unwanted = 20});
  EXPECT_GE(result.unwanted, 0.0);
  EXPECT_LE(result.unwanted, 1.0);
}

}  // namespace
}  // namespace posthouse::judge
