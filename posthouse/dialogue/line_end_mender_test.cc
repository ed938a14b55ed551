#include "posthouse/dialogue/line_end_mender.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::dialogue {
namespace {

std::string mended(std::string_view text, std::size_t step) {
  std::string out;
  LineEndMender mender;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size()))) {
    const std::string piece(text.substr(0, step));
    out += mender.mend(piece);
  }
  return out.append(mender.finish());
}

TEST(LineEndMender, MakesEveryLineEndACrlfHoweverItIsCut) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"a\r\nb\r\n", "a\r\nb\r\n"},
      {"a\nb\n", "a\r\nb\r\n"},
      {"a\n\n\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
      {"a\r\n\nb\r\n", "a\r\n\r\nb\r\n"},
      {"a\r\r\nb\r\r\n", "a\r\nb\r\n"},
      {"a\rb\r\n", "a\r\nb\r\n"},
      {"a\r", "a\r\n"},
      {"\r\r\r\n", "\r\n"},
      {"a\n.b\n..c\r\n.d\r\n", "a\r\nb\r\n.c\r\n.d\r\n"},
      {"a\n.\nb\r\n", "a\r\n\r\nb\r\n"},
      {"a\n.\r\nb\r\n", "a\r\n\r\nb\r\n"},
      {"a\r.b\r\n", "a\r\n.b\r\n"},
  };
  for (const auto& [text, expected] : cases) {
    for (std::size_t step = 1; step <= text.size() + 1; ++step) {
      EXPECT_EQ(mended(text, step), expected) << "in steps of " << step;
    }
  }
}

TEST(LineEndMender, DoesNotCopyWhatIsFine) {
  LineEndMender mender;
  const std::string text = "a\r\n\r\n.b\r\nc";
  EXPECT_EQ(mender.mend(text).data(), text.data());
  EXPECT_EQ(mender.mend("\r"), "");
  EXPECT_EQ(mender.mend("\n"), "\r\n");
}

}  // namespace
}  // namespace posthouse::dialogue
