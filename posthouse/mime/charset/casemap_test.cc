#include "posthouse/mime/charset/casemap.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

TEST(Casemap, HasNoCase) {
  EXPECT_EQ(casemapped("Hello, World_1"), "HELLO, WORLD_1");
  EXPECT_EQ(casemapped("straße"), casemapped("STRAßE"));
  EXPECT_EQ(casemapped("ΑΣ"), casemapped("ας"));
  EXPECT_EQ(casemapped("Привет"), casemapped("ПРИВЕТ"));
  EXPECT_EQ(casemapped("ǆ"), casemapped("Ǆ"));
  EXPECT_EQ(casemapped("𐐨"), casemapped("𐐀"));
}

TEST(Casemap, HasOneSpellingOfACharacter) {
  EXPECT_EQ(casemapped("caf\u00E9"), casemapped("cafe\u0301"));
  EXPECT_EQ(casemapped("ﬁn"), "FIN");
  EXPECT_EQ(casemapped("ＡＢＣ１２３"), "ABC123");
  EXPECT_EQ(casemapped("ｶﾞ"), casemapped("ガ"));
  EXPECT_EQ(casemapped("a\u00A0b\u3000c"), "A B C");
  EXPECT_EQ(casemapped("\uF900"), "豈");
}

TEST(Casemap, LeavesHanAndHangulWhole) {
  EXPECT_EQ(casemapped("驿站"), "驿站");
  EXPECT_EQ(casemapped("각"), "각");
  EXPECT_EQ(casemapped("각").find(casemapped("가")), std::string::npos);
}

TEST(Casemap, PutsAMarkForWhatIsNoUtf8) {
  EXPECT_EQ(casemapped("a\xFF\xE9z"), "A\uFFFD\uFFFDZ");
}

TEST(Casemap, MapsPiecesAsItMapsTheWhole) {
  const std::string text = "Ünïcödé ﬃ 驿站 Ａ";
  std::string pieces;
  append_casemapped(pieces, text.substr(0, 2));
  append_casemapped(pieces, text.substr(2));
  EXPECT_EQ(pieces, casemapped(text));
  EXPECT_EQ(casemapped(pieces), pieces);
}

}  // namespace
}  // namespace posthouse::mime
