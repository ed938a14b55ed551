#include "posthouse/mime/read/flowed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Flowed, JoinsFlowedLines) {
  EXPECT_THAT(parse_flowed("one \r\ntwo \r\nthree\r\nfour\r\n"),
              ElementsAre(FlowedParagraph{0, "one two three"}, FlowedParagraph{0, "four"}));
  EXPECT_THAT(parse_flowed("你 \n好", true), ElementsAre(FlowedParagraph{0, "你好"}));
  EXPECT_THAT(parse_flowed(""), IsEmpty());
  EXPECT_THAT(parse_flowed("\n\nx"),
              ElementsAre(FlowedParagraph{0, ""}, FlowedParagraph{0, ""}, FlowedParagraph{0, "x"}));
}

TEST(Flowed, QuotesAndStuffing) {
  EXPECT_THAT(parse_flowed(">> a \n>> b\n> c \nd\n >e\n From f\n> > g"),
              ElementsAre(FlowedParagraph{2, "a b"}, FlowedParagraph{1, "c "}, FlowedParagraph{0, "d"},
                          FlowedParagraph{0, ">e"}, FlowedParagraph{0, "From f"}, FlowedParagraph{1, "> g"}));
}

TEST(Flowed, ASignatureStandsAlone) {
  EXPECT_THAT(parse_flowed("text \n-- \nAnn"),
              ElementsAre(FlowedParagraph{0, "text "}, FlowedParagraph{0, "-- "}, FlowedParagraph{0, "Ann"}));
  EXPECT_THAT(parse_flowed("> -- \n> Ann", true), ElementsAre(FlowedParagraph{1, "-- "}, FlowedParagraph{1, "Ann"}));
}

TEST(Flowed, AsText) {
  EXPECT_EQ(unflow("> a \n> b\n>\nc \nd"), "> a b\n>\nc d\n");
}

TEST(Flowed, IsWrittenAsItIsRead) {
  EXPECT_EQ(flow(""), "");
  EXPECT_EQ(flow("a  \r\n\r\nb"), "a\n\nb\n");
  EXPECT_EQ(flow("one two three four", 8), "one two \nthree \nfour\n");
  EXPECT_EQ(flow("one verylongword two", 8), "one \nverylongword \ntwo\n");
  EXPECT_EQ(flow("a >b From c", 2), "a \n >b \n From \nc\n");
  EXPECT_EQ(flow("-- b", 2), "-- b\n") << "must not look like a signature";
  EXPECT_EQ(flow("-- \nAnn"), "-- \nAnn\n");
  EXPECT_EQ(flow(" x\nFrom y\n> quoted  \n>> a long quoted line that stays", 10),
            "  x\n From y\n> quoted\n>> a long quoted line that stays\n");
  EXPECT_EQ(flow("你好 世界 你好", 6), "你好 世界 \n你好\n") << "characters count, not octets";
}

TEST(Flowed, WhatIsWrittenComesBack) {
  for (const std::string text : {"a  b   c d\n", "one two three four five six seven\n\n eight\n",
                                 "x\n> y\n-- \nz > w From v -- u\n", "nothing-to-break-here\n"}) {
    for (std::size_t width = 1; width < 20; ++width) {
      EXPECT_EQ(unflow(flow(text, width)), text) << width;
    }
  }
}

}  // namespace
}  // namespace posthouse::mime
