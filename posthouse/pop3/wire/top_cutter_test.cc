#include "posthouse/pop3/wire/top_cutter.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::pop3 {
namespace {

std::string top(std::string_view text, std::size_t lines, std::size_t chunk) {
  std::string out;
  TopCutter cutter(lines);
  for (; !text.empty() && !cutter.done(); text.remove_prefix(std::min(chunk, text.size()))) {
    out += cutter.take(text.substr(0, chunk));
  }
  return out;
}

const std::vector<std::size_t> chunks = {1, 2, 3, 5, 7, 100'000};

TEST(TopCutter, CutsAfterHeadAndLines) {
  const std::string message = "A: 1\r\nB: 2\r\n\r\none\r\n\r\n.three\r\nfour";
  for (const std::size_t chunk : chunks) {
    EXPECT_EQ(top(message, 0, chunk), "A: 1\r\nB: 2\r\n\r\n");
    EXPECT_EQ(top(message, 1, chunk), "A: 1\r\nB: 2\r\n\r\none\r\n");
    EXPECT_EQ(top(message, 3, chunk), "A: 1\r\nB: 2\r\n\r\none\r\n\r\n.three\r\n");
    EXPECT_EQ(top(message, 4, chunk), message);
    EXPECT_EQ(top(message, 999, chunk), message);
    EXPECT_EQ(top("A: 1\n\none\ntwo\n", 1, chunk), "A: 1\n\none\n");
    EXPECT_EQ(top("\r\none\r\ntwo\r\n", 1, chunk), "\r\none\r\n");
    EXPECT_EQ(top("A: 1\r\n\rx\r\n\r\none\r\n", 0, chunk), "A: 1\r\n\rx\r\n\r\n");
    EXPECT_EQ(top("A: no body", 5, chunk), "A: no body");
    EXPECT_EQ(top("", 5, chunk), "");
  }
}

}  // namespace
}  // namespace posthouse::pop3
