#include "posthouse/pop3/wire/dot_stuffing.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace posthouse::pop3 {
namespace {

std::string stuff(std::string_view text, std::size_t chunk) {
  std::string out;
  DotStuffer stuffer(out);
  for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size()))) {
    stuffer.append(text.substr(0, chunk));
  }
  stuffer.finish();
  return out;
}

struct Read {
  std::string text;
  std::string rest;
  bool done = false;
};

Read unstuff(std::string_view wire, std::size_t chunk) {
  Read read;
  DotUnstuffer unstuffer;
  while (!wire.empty() && !unstuffer.done()) {
    const std::string piece(wire.substr(0, chunk));  // a copy, so that reading beyond it shows
    wire.remove_prefix(unstuffer.take(piece, [&](std::string_view text) { read.text += text; }));
  }
  read.rest = wire;
  read.done = unstuffer.done();
  return read;
}

std::string top(std::string_view text, std::size_t lines, std::size_t chunk) {
  std::string out;
  TopCutter cutter(lines);
  for (; !text.empty() && !cutter.done(); text.remove_prefix(std::min(chunk, text.size()))) {
    out += cutter.take(text.substr(0, chunk));
  }
  return out;
}

const std::vector<std::size_t> chunks = {1, 2, 3, 5, 7, 100'000};

TEST(DotStuffing, WritesEachLineAsRfc1939Asks) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ".\r\n"},
      {"a", "a\r\n.\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {".\r\n", "..\r\n.\r\n"},
      {"a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"},
      {"a\r\n..\r\n.b", "a\r\n...\r\n..b\r\n.\r\n"},
      {"\r\n\r\n", "\r\n\r\n.\r\n"},
      {"a.b\r\nc.\r\n", "a.b\r\nc.\r\n.\r\n"},
      // Bare LF becomes CRLF, so that no client sees an end that is none; bare CR stays.
      {"a\nb\n", "a\r\nb\r\n.\r\n"},
      {"a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"},
      {"\n\n.", "\r\n\r\n..\r\n.\r\n"},
      {"a\rb\r\n", "a\rb\r\n.\r\n"},
      {"a\r", "a\r\n.\r\n"},
      {"a\r\r\n", "a\r\r\n.\r\n"},
  };
  for (const auto& [text, wire] : cases) {
    for (const std::size_t chunk : chunks) {
      EXPECT_EQ(stuff(text, chunk), wire) << "chunks of " << chunk;
    }
  }
}

TEST(DotStuffing, ReadsBackWhatWasWritten) {
  // Every text of up to six characters out of those that matter; "\n" stands for CRLF here, as bare LF changes.
  const std::string letters = ".\n\ra";
  for (std::size_t length = 0; length <= 6; ++length) {
    for (std::size_t code = 0; code < std::size_t{1} << (2 * length); ++code) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i) {
        const char c = letters[(code >> (2 * i)) & 3];
        if (c == '\n') {
          text += '\r';
        }
        text += c;
      }
      const std::string wire = stuff(text, 3) + "+OK next\r\n";
      const bool complete = text.empty() || text.ends_with("\r\n");
      for (const std::size_t chunk : {1U, 2U, 100U}) {
        const Read read = unstuff(wire, chunk);
        ASSERT_TRUE(read.done);
        ASSERT_EQ(read.rest, "+OK next\r\n");
        ASSERT_EQ(read.text, complete ? text : text.ends_with('\r') ? text + '\n' : text + "\r\n");
      }
    }
  }
}

TEST(DotStuffing, OnlyCrlfDotCrlfEndsAText) {
  for (const std::string inside :
       {"a\n.\n", "a\n.\r\n", "a\r\n.\n", "a\r.\r", "a\r\n.\rb", "a\n.\rb", "\n.\r\n", "a\r.\r\n"}) {
    for (const std::size_t chunk : chunks) {
      const Read open = unstuff(inside, chunk);
      EXPECT_FALSE(open.done) << inside;
      const Read read = unstuff(inside + "\r\n.\r\n", chunk);
      EXPECT_TRUE(read.done);
      EXPECT_EQ(read.rest, "") << inside;
    }
  }
  EXPECT_EQ(unstuff("a\r\n.\rb\r\n.\r\n", 1).text, "a\r\n\rb\r\n");
  EXPECT_EQ(unstuff("a\r\n.b\r\n..\r\n.\r\n", 1).text, "a\r\nb\r\n.\r\n");
}

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
