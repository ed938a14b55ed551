// UTF-8 validated by vectors against the same octet by octet.
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/codec/codec_testing.h"

namespace posthouse::mime {
namespace {

TEST(Utf8Vectors, JudgeEveryPairAndManyLongerSequences) {
  for_each_target([] {
    const auto expect_same = [](const std::string& text) {
      ASSERT_EQ(is_valid_utf8(text), is_utf8(text)) << testing::PrintToString(text);
    };
    const std::string before(61, 'a');  // the sequence lies across two vectors of any width
    std::string text;
    static constexpr unsigned char thirds[] = {'a', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xF0, 0xFF};
    for (unsigned a = 0x80; a < 256; ++a) {
      for (unsigned b = 0; b < 256; ++b) {
        text = before;
        text += {static_cast<char>(a), static_cast<char>(b)};
        const std::size_t pair = text.size();
        expect_same(text);
        for (const unsigned char c : thirds) {
          expect_same(text += static_cast<char>(c));
          expect_same(text += '\x80');
          expect_same((text += 'z') += before);
          text.resize(pair);
        }
      }
    }
  });
}

TEST(Utf8Vectors, JudgeTextsOfAnyLength) {
  for_each_target([] {
    std::mt19937 random(1);
    static constexpr std::string_view pieces[] = {"a", "\xC3\xA9", "\xE4\xBD\xA0", "\xF0\x9F\x98\x80", "some ASCII "};
    for (int i = 0; i < 5'000; ++i) {
      std::string text;
      for (std::size_t size = random() % 300; text.size() < size;) {
        text += pieces[random() % std::size(pieces)];
      }
      ASSERT_TRUE(is_valid_utf8(text));
      if (text.empty()) {
        continue;
      }
      std::string broken = text;
      broken[random() % broken.size()] = static_cast<char>(random());
      ASSERT_EQ(is_valid_utf8(broken), is_utf8(broken));
      broken = text.substr(0, random() % text.size());
      ASSERT_EQ(is_valid_utf8(broken), is_utf8(broken));
    }
  });
}

}  // namespace
}  // namespace posthouse::mime
