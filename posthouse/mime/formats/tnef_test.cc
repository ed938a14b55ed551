#include "posthouse/mime/formats/tnef.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/formats/tnef_testing.h"

namespace posthouse::mime {
namespace {

using namespace tnef_testing;

TEST(Tnef, FilesAndTheirNames) {
  const std::string properties =
      number(4, 4) + property(unicode, 0x3707, std::string("l\0o\0n\0g\0.\0t\0x\0t\0\0\0", 18)) +
      property(string8, 0x370E, "Text/Plain") + property(string8, 0x3712, "a@b") +
      // a named property that is passed over
      number(3, 2) + number(0x8001, 2) + std::string(16, 'g') + number(1, 4) + number(4, 4) + "n\0m\0" + number(7, 4);
  const Tnef tnef = parse_tnef(head + attribute(1, 0x00069007, number(1251, 4) + number(0, 4)) +
                               attribute(1, 0x00018004, std::string("\xCF\xF0\xE8\0", 4)) +
                               attribute(2, 0x00069002, std::string(14, '\0')) +
                               attribute(2, 0x00018010, "LONG~1.TXT") + attribute(2, 0x0006800F, "hello") +
                               attribute(2, 0x00069005, properties) + attribute(2, 0x00069002, std::string(14, '\0')) +
                               attribute(2, 0x00018010, "b.bin") + attribute(2, 0x0006800F, "x"));
  EXPECT_EQ(tnef.subject, "При");
  ASSERT_EQ(tnef.files.size(), 2U);
  EXPECT_EQ(tnef.files[0].name, "long.txt");
  EXPECT_EQ(tnef.files[0].type, "text/plain");
  EXPECT_EQ(tnef.files[0].content_id, "a@b");
  EXPECT_EQ(tnef.files[0].content, "hello");
  EXPECT_EQ(tnef.files[1].name, "b.bin");
  EXPECT_TRUE(tnef.files[1].type.empty());
}

TEST(Tnef, Texts) {
  const std::string rtf = number(16, 4) + number(4, 4) + number(0x414C454D, 4) + number(0, 4) + "{\\b}";
  const Tnef tnef =
      parse_tnef(head + attribute(1, 0x00069003,
                                  number(4, 4) + property(string8, 0x1000, "plain") +
                                      property(binary, 0x1013, "<p>\xE9t\xE9</p>") + property(binary, 0x1009, rtf) +
                                      number(3, 2) + number(0x3FDE, 2) + number(1252, 4)));
  EXPECT_TRUE(tnef.valid);
  EXPECT_EQ(tnef.text, "plain");
  EXPECT_EQ(tnef.html, "<p>été</p>");
  EXPECT_EQ(tnef.rtf, "{\\b}");
}

// The example of MS-OXRTFCP section 3.1: "{\rtf1\ansi\ansicpg1252\pard hello world}\r\n".
TEST(Tnef, CompressedText) {
  const std::string packed(
      "\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35"
      "\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0",
      49);
  const auto unpack = [&](const TnefLimits& limits) {
    return parse_tnef(head + attribute(1, 0x00069003, number(1, 4) + property(binary, 0x1009, packed)), limits);
  };
  EXPECT_EQ(unpack({}).rtf, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
  EXPECT_TRUE(unpack({}).valid);
  EXPECT_EQ(unpack({.rtf = 5}).rtf, "{\\rtf");
  EXPECT_FALSE(unpack({.rtf = 5}).valid);
}

TEST(Tnef, AMessageInside) {
  const std::string inner = head + attribute(1, 0x00018004, "inner");
  const Tnef tnef =
      parse_tnef(head + attribute(2, 0x00069002, std::string(14, '\0')) +
                 attribute(2, 0x00069005, number(1, 4) + property(0x0D, 0x3701, std::string(16, 'g') + inner)));
  ASSERT_EQ(tnef.files.size(), 1U);
  EXPECT_TRUE(tnef.files[0].is_message);
  EXPECT_EQ(parse_tnef(tnef.files[0].content).subject, "inner");
}

TEST(Tnef, BrokenOnesGiveWhatTheyHave) {
  EXPECT_FALSE(parse_tnef("").valid);
  EXPECT_FALSE(parse_tnef("no tnef at all").valid);
  EXPECT_TRUE(parse_tnef(head).valid);
  const std::string whole = head + attribute(2, 0x00069002, std::string(14, '\0')) + attribute(2, 0x0006800F, "hello");
  const Tnef cut = parse_tnef(whole.substr(0, whole.size() - 4));
  EXPECT_FALSE(cut.valid);
  ASSERT_EQ(cut.files.size(), 1U);
  EXPECT_EQ(cut.files[0].content, "hel");
  std::string wrong = whole;
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  EXPECT_FALSE(parse_tnef(wrong).valid);
  EXPECT_EQ(parse_tnef(wrong).files[0].content, "hello");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    parse_tnef(whole.substr(0, i));
  }
  // Counts and lengths that promise more than there is.
  EXPECT_EQ(parse_tnef(head + attribute(1, 0x00069003, number(0xFFFFFFFF, 4) + property(string8, 0x37, "x"))).subject,
            "x");
  EXPECT_FALSE(parse_tnef(head + attribute(1, 0x00069003,
                                           number(1, 4) + number(string8, 2) + number(0x37, 2) + number(1, 4) +
                                               number(0xFFFFFFFF, 4)))
                   .valid);
}

TEST(Tnef, FilesAreBounded) {
  std::string many = head;
  for (int i = 0; i < 20; ++i) {
    many += attribute(2, 0x00069002, std::string(14, '\0')) + attribute(2, 0x0006800F, "x");
  }
  const Tnef tnef = parse_tnef(many, {.files = 5});
  EXPECT_EQ(tnef.files.size(), 5U);
  EXPECT_FALSE(tnef.valid);
}

TEST(Tnef, MediaTypes) {
  EXPECT_TRUE(is_tnef("Application/MS-TNEF"));
  EXPECT_TRUE(is_tnef("application/vnd.ms-tnef"));
  EXPECT_FALSE(is_tnef("application/octet-stream"));
}

}  // namespace
}  // namespace posthouse::mime
