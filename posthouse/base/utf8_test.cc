#include "posthouse/base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse {
namespace {

TEST(Utf8, IsWhatUnicodeTable3_7Has) {
  for (const char* good : {"", "abc", "é", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFFFF", "\U00010000", "\U0010FFFF",
                           "12345678驿站12345678"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xE4\xBD", "\xE4\xBDz", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
                          "\xF0\x9F\x98", "12345678\xC3"}) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
  }
}

TEST(Utf8, IsRepairedWithOneMarkForEachBrokenSequence) {
  EXPECT_EQ(repair_utf8("12345678\xE4\xBDX\xF0\x9F\x98\xC0\xAF"), "12345678\uFFFDX\uFFFD\uFFFD\uFFFD");
  std::string out = "a";
  EXPECT_FALSE(append_repaired_utf8(out, "é"));
  EXPECT_TRUE(append_repaired_utf8(out, "\xFF"));
  EXPECT_EQ(out, "aé\uFFFD");
}

TEST(Utf8, CodePointsBecomeWhatIsWellFormed) {
  for (const char32_t c : {U'a', U'\u0080', U'\u07FF', U'\u0800', U'\uFFFD', U'\U00010000', U'\U0010FFFF'}) {
    std::string out;
    append_code_point(out, c);
    EXPECT_EQ(utf8_sequence(out, 0), out.size());
  }
}

TEST(Utf8, SkipsAsciiOfAnyLength) {
  for (std::size_t before = 0; before < 200; ++before) {
    EXPECT_EQ(skip_ascii(std::string(before, 'a') + "é", 0), before);
    EXPECT_EQ(skip_ascii(std::string(before, 'a'), before / 2), before);
  }
}

}  // namespace
}  // namespace posthouse
