#include "posthouse/judge/judge.h"

#include <gtest/gtest.h>

namespace posthouse::judge {
namespace {

TEST(Judge, PutsSignsAndWordsTogether) {
  const Judgement good = judge({}, {});
  EXPECT_FALSE(good.unwanted());
  EXPECT_EQ(good.status(), "No, score=0.0 required=5.0 tests=none");
  const Judgement bad = judge({{"RICHES", 3.0, "it promises a fortune"}}, {.unwanted = 0.8, .evidence = 20});
  EXPECT_TRUE(bad.unwanted());
  EXPECT_EQ(bad.status(), "Yes, score=7.0 required=5.0 tests=RICHES=3.0,WORDS_70=4.0");
  EXPECT_FALSE(judge({{"RICHES", 3.0, ""}}, {.unwanted = 0.8, .evidence = 20}, 7.5).unwanted());
}

TEST(Judge, TheWordsWeighByHowSureTheyAre) {
  EXPECT_EQ(judge({}, {.unwanted = 1.0, .evidence = 1}).score, 5.0);
  EXPECT_EQ(judge({}, {.unwanted = 0.6, .evidence = 1}).score, 2.0);
  EXPECT_EQ(judge({}, {.unwanted = 0.5, .evidence = 1}).score, 0.0);
  EXPECT_EQ(judge({}, {.unwanted = 0.2, .evidence = 1}).score, -1.0);
  EXPECT_EQ(judge({}, {.unwanted = 0.0, .evidence = 1}).score, -2.0);
  EXPECT_EQ(judge({}, {.unwanted = 1.0, .evidence = 0}).score, 0.0) << "nothing is known";
}

}  // namespace
}  // namespace posthouse::judge
