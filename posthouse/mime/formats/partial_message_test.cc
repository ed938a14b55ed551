#include "posthouse/mime/formats/partial_message.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

Message piece(const std::string& parameters, const std::string& body) {
  return Message::parse(
      "From: ann@one.test\nSubject: piece\nMessage-ID: <piece@one.test>\nContent-Type: message/partial; " + parameters +
      "\n\n" + body);
}

const Message first = piece("id=\"x\"; number=1", "X-Inner: dropped\nSubject: whole\nContent-Type: text/plain\n\nHel");
const Message second = piece("id=x; number=2; total=2", "lo\n");

TEST(PartialMessage, IsRecognised) {
  EXPECT_EQ(partial_of(second), (PartialMessage{"x", 2, 2}));
  EXPECT_EQ(partial_of(first)->total, 0U);
  for (const char* parameters :
       {"id=x", "number=1", "id=x; number=0", "id=x; number=one", "id=x; number=99999999999"}) {
    EXPECT_FALSE(partial_of(piece(parameters, ""))) << parameters;
  }
  EXPECT_FALSE(partial_of(Message::parse("Subject: x\n\n")));
}

TEST(PartialMessage, JoinsInAnyOrder) {
  const auto whole = join_partial({second, first, second});
  ASSERT_TRUE(whole);
  EXPECT_EQ(*whole, "From: ann@one.test\nSubject: whole\nContent-Type: text/plain\n\nHello\n");
  EXPECT_EQ(Message::parse(*whole).root().text(), "Hello\n");
}

TEST(PartialMessage, RefusesWhatDoesNotBelongTogether) {
  EXPECT_FALSE(join_partial({}));
  EXPECT_FALSE(join_partial({first}));
  EXPECT_FALSE(join_partial({second}));
  EXPECT_FALSE(join_partial({first, piece("id=y; number=2; total=2", "")}));
  EXPECT_FALSE(join_partial({first, second, piece("id=x; number=3; total=3", "")}));
  EXPECT_FALSE(join_partial({first, second, Message::parse("\n")}));
  EXPECT_FALSE(join_partial({first, piece("id=x; number=3; total=2", "")}));
}

}  // namespace
}  // namespace posthouse::mime
