#include "posthouse/mime/flowed.h"

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

}  // namespace
}  // namespace posthouse::mime
