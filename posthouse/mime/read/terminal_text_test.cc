#include "posthouse/mime/read/terminal_text.h"

#include <gtest/gtest.h>

#include "posthouse/mime/read/tree.h"

namespace posthouse::mime {
namespace {

TEST(TerminalText, ControlsAreShown) {
  EXPECT_EQ(terminal_text("a\r\nb\tc\n"), "a\nb\tc\n");
  EXPECT_EQ(terminal_text("\x1b[31m\r\u202E\xff"), "\\u{1B}[31m\\u{0D}\\u{202E}\uFFFD");
  EXPECT_EQ(terminal_line("a\r\nb"), "a\\u{0D}\\u{0A}b");
}

TEST(TerminalText, Columns) {
  EXPECT_EQ(terminal_columns("abc"), 3U);
  EXPECT_EQ(terminal_columns("你好"), 4U);
  EXPECT_EQ(terminal_columns("e\u0301"), 1U);
}

TEST(TerminalText, LinesBreakAtBlanksOrBetweenCharacters) {
  EXPECT_EQ(terminal_break("hello world", 11), 11U);
  EXPECT_EQ(terminal_break("hello world", 8), 6U);
  EXPECT_EQ(terminal_break("helloworld", 8), 8U);
  EXPECT_EQ(terminal_break("你好世界", 5), 6U);
  EXPECT_EQ(terminal_break("你", 1), 3U);
  EXPECT_EQ(terminal_break("", 5), 0U);
}

TEST(TerminalText, TreeKeepsToTheWidth) {
  const Message message = Message::parse("From: a@b.test\n\none two three four five six\n");
  EXPECT_EQ(print_tree(message, {.width = 24}), "From: a@b.test\n\ntext/plain\n  | one two three four\n  | five six\n");
  EXPECT_NE(print_tree(message, {.colour = true}).find("\033[36mFrom:\033[0m a@b.test\n"), std::string::npos);
}

}  // namespace
}  // namespace posthouse::mime
