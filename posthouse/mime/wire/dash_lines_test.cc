#include "posthouse/mime/wire/dash_lines.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/codec/codec_testing.h"

namespace posthouse::mime {
namespace {

TEST(DashLines, AreFoundAtEveryPlace) {
  for_each_target([] {
    for (std::size_t size = 0; size < 300; ++size) {
      const std::string before(size, 'a');
      EXPECT_EQ(find_dash_line(before + "\n--", 0), size + 1);
      EXPECT_EQ(find_dash_line(before + "\r\n--b\r\n", 0), size + 2);
      EXPECT_EQ(find_dash_line(before + "--\n-\n -", 0), size == 0 ? 0U : size + 7);
    }
    EXPECT_EQ(find_dash_line("--", 0), 0U);
    EXPECT_EQ(find_dash_line("", 0), 0U);
    EXPECT_EQ(find_dash_line("--\n", 3), 3U);
  });
}

TEST(DashLines, AreThoseALineByLineSearchFinds) {
  for_each_target([] {
    std::mt19937 random(1);
    for (int i = 0; i < 500; ++i) {
      std::string text(random() % 400, '\0');
      for (char& c : text) {
        c = "\n--a"[random() % 4];
      }
      for (std::size_t at = 0; at < text.size();) {
        std::size_t expected = at;
        while (expected < text.size() && text.compare(expected, 2, "--") != 0) {
          const std::size_t newline = text.find('\n', expected);
          expected = newline == std::string::npos ? text.size() : newline + 1;
        }
        ASSERT_EQ(find_dash_line(text, at), expected);
        const std::size_t newline = text.find('\n', at);
        at = newline == std::string::npos ? text.size() : newline + 1;
      }
    }
  });
}

}  // namespace
}  // namespace posthouse::mime
