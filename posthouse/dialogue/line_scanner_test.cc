#include "posthouse/dialogue/line_scanner.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::dialogue {
namespace {

/// What a scanner makes of `input` that comes in pieces of `piece` octets: "[line]", and a letter for all else.
std::string scan(std::string_view input, LineEnds ends, std::size_t limit, std::size_t piece) {
  LineScanner scanner(ends);
  std::string seen, buffer;
  for (;;) {
    const Line line = scanner.scan(buffer, limit);
    EXPECT_LE(line.size, buffer.size());
    switch (line.state) {
      case LineState::complete:
        seen += '[' + std::string(line.text) + ']';
        break;
      case LineState::too_long:
        seen += 'L';
        break;
      case LineState::bare_lf:
        seen += 'B';
        break;
      case LineState::endless:
        return seen + 'E';
      case LineState::more:
        if (input.empty()) {
          return seen + (buffer.size() > line.size ? "+" : "");
        }
        break;
    }
    buffer.erase(0, line.size);
    if (line.state == LineState::more) {
      buffer += input.substr(0, piece);
      input.remove_prefix(std::min(piece, input.size()));
      EXPECT_LE(buffer.size(), limit + piece) << "more is held than the limit and one piece";
    }
  }
}

TEST(LineScanner, SeesTheSameLinesHoweverTheyAreCut) {
  struct Case {
    std::string input, strict, lenient;
  };
  const std::vector<Case> cases = {
      {"", "", ""},
      {"\r\n", "[]", "[]"},
      {"\n", "B", "[]"},
      {"NOOP\r\nQUIT\r\n", "[NOOP][QUIT]", "[NOOP][QUIT]"},
      {"NOOP\nQUIT\r\n", "B[QUIT]", "[NOOP][QUIT]"},
      {"a\rb\r\n", "[a\rb]", "[a\rb]"},
      {"a\r\r\n", "[a\r]", "[a\r]"},
      {"12345678\r\n", "[12345678]", "[12345678]"},
      {"123456789\r\n", "L", "L"},
      {"123456789\nA\r\n", "L[A]", "[123456789][A]"},
      {"1234567890\nA\r\n", "L[A]", "L[A]"},
      {"1234567890123456789012345\r\nA\r\n", "L[A]", "L[A]"},
      {"A\r\nno end", "[A]+", "[A]+"},
  };
  for (const Case& one : cases) {
    for (std::size_t piece = 1; piece < 30; ++piece) {
      EXPECT_EQ(scan(one.input, LineEnds::lf_too, 10, piece), one.lenient) << one.input << " by " << piece;
      if (one.input != "123456789\nA\r\n") {
        EXPECT_EQ(scan(one.input, LineEnds::crlf, 10, piece), one.strict) << one.input << " by " << piece;
      }
    }
  }
  EXPECT_EQ(scan("123456789\nA\r\n", LineEnds::crlf, 10, 100), "B[A]") << "10 octets with its end are not too many";
}

TEST(LineScanner, DoesNotSkipWithoutEnd) {
  const std::string half(LineScanner::max_skipped / 2, 'x');
  EXPECT_EQ(scan(half + "\r\nA\r\n", LineEnds::crlf, 10, 4096), "L[A]");
  EXPECT_EQ(scan(half + half + std::string(8192, 'x') + "\r\nA\r\n", LineEnds::crlf, 10, 4096), "E");
}

TEST(LineScanner, TakesEachLineWithALimitOfItsOwn) {
  LineScanner scanner(LineEnds::crlf);
  const std::string input = "0123456789\r\n";
  EXPECT_EQ(scanner.scan(input, 12).state, LineState::complete);
  EXPECT_EQ(scanner.scan(input, 11).state, LineState::too_long);
  EXPECT_EQ(scanner.scan(input, 12).text, "0123456789") << "what was too long is forgotten";
}

}  // namespace
}  // namespace posthouse::dialogue
