// The two sides of dot transparency against each other and against the plainest model there is, over all short strings.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/dialogue/dot_decoder.h"
#include "posthouse/dialogue/dot_encoder.h"

namespace posthouse::dialogue {
namespace {

struct Scanned {
  bool finished = false, bare = false;
  std::string message;
  std::size_t used = 0;
  bool operator==(const Scanned&) const = default;
};

/// Feeds `input` in two pieces, cut at `cut`, or octet by octet when `cut` is nothing.
Scanned scan(std::string_view input, std::optional<std::size_t> cut) {
  DotDecoder scanner(BareLineEnds::refuse);
  Scanned result;
  std::size_t used = 0;
  const auto sink = [&](std::string_view piece) { result.message += piece; };
  const auto feed = [&](std::size_t until) {
    if (!scanner.finished()) {
      used += scanner.scan(input.substr(used, until - used), sink);
    }
    EXPECT_LE(until - used, scanner.finished() ? until : 2) << "too much left unjudged";
  };
  if (cut) {
    feed(*cut);
    feed(input.size());
  } else {
    for (std::size_t i = 1; i <= input.size(); ++i) {
      feed(i);
    }
  }
  result.finished = scanner.finished();
  result.bare = scanner.bare();
  if (result.finished) {
    result.used = used;
  }
  return result;
}

/// What RFC 5321 says, as simply as can be; judges complete input only.
Scanned model(std::string_view input) {
  Scanned result;
  const auto line_start = [&](std::size_t i) { return i == 0 || (i >= 2 && input.substr(i - 2, 2) == "\r\n"); };
  std::size_t end = 0;
  while (end < input.size() && !(line_start(end) && input.substr(end, 3) == ".\r\n")) {
    ++end;
  }
  if (end == input.size()) {
    return result;
  }
  result.finished = true;
  result.used = end + 3;
  for (std::size_t i = 0; i < end; ++i) {
    if (input[i] == '\n' && (i == 0 || input[i - 1] != '\r')) {
      result.bare = true;
    }
    if (input[i] == '\r' && input[i + 1] != '\n') {
      result.bare = true;
    }
    if (!(line_start(i) && input[i] == '.')) {
      result.message += input[i];
    }
  }
  return result;
}

/// Calls f with every string of up to `length` octets that matter.
template <class F>
void for_all_strings(std::size_t length, F&& f) {
  static constexpr char letters[] = {'\r', '\n', '.', 'a'};
  std::string text;
  for (std::size_t size = 0; size <= length; ++size) {
    for (std::size_t number = 0; number < std::size_t{1} << (2 * size); ++number) {
      text.resize(size);
      for (std::size_t i = 0; i < size; ++i) {
        text[i] = letters[number >> (2 * i) & 3];
      }
      f(text);
    }
  }
}

TEST(DotDecoder, FindsTheEndLikeTheModelAtEveryCut) {
  for_all_strings(6, [](const std::string& text) {
    const std::string input = text + "\r\n.\r\nQUIT\r\n";
    const Scanned expected = model(input);
    ASSERT_TRUE(expected.finished);
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
      Scanned result = scan(input, cut);
      if (result.bare) {
        result.message = expected.message;  // what was handed out before does not matter
      }
      ASSERT_EQ(result, expected) << testing::PrintToString(input) << " cut at " << cut;
    }
    Scanned result = scan(input, std::nullopt);
    if (result.bare) {
      result.message = expected.message;
    }
    ASSERT_EQ(result, expected) << testing::PrintToString(input) << " by octets";
  });
}

TEST(DotDecoder, HandsOutBigPieces) {
  std::string input;
  for (int i = 0; i < 100; ++i) {
    input += "a line of text\r\n";
  }
  int pieces = 0;
  DotDecoder scanner(BareLineEnds::refuse);
  EXPECT_EQ(scanner.scan(input + ".\r\n", [&](std::string_view) { ++pieces; }), input.size() + 3);
  EXPECT_EQ(pieces, 1);
}

struct Encoded {
  std::string wire;
  bool bare = false;
  std::uint64_t size = 0;
};

Encoded encode(std::string_view message, bool fix, std::optional<std::size_t> cut) {
  Encoded result;
  DotEncoder encoder(fix ? Mending::mend : Mending::strict);
  const auto sink = [&](std::string_view piece) { result.wire += piece; };
  if (cut) {
    encoder.add(message.substr(0, *cut), sink);
    encoder.add(message.substr(*cut), sink);
  } else {
    for (const char& c : message) {
      encoder.add({&c, 1}, sink);
    }
  }
  encoder.finish(sink);
  result.bare = encoder.bare();
  result.size = encoder.size();
  return result;
}

/// `message` with every CR, LF and CRLF made CRLF, and one at the end.
std::string normalised(std::string_view message) {
  std::string out;
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] != '\r' && message[i] != '\n') {
      out += message[i];
    } else {
      if (message.substr(i, 2) == "\r\n") {
        ++i;
      }
      out += "\r\n";
    }
  }
  if (!out.empty() && !out.ends_with("\r\n")) {
    out += "\r\n";
  }
  return out;
}

bool has_bare(std::string_view message) {
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) {
      return true;
    }
    if (message[i] == '\r' && message.substr(i, 2) != "\r\n") {
      return true;
    }
  }
  return false;
}

TEST(DotEncoder, WhatGoesOutIsOneMessageAtEveryCut) {
  for_all_strings(6, [](const std::string& message) {
    for (const bool fix : {false, true}) {
      for (std::size_t cut = 0; cut <= message.size() + 1; ++cut) {
        const Encoded encoded =
            encode(message, fix, cut <= message.size() ? std::optional<std::size_t>(cut) : std::nullopt);
        ASSERT_EQ(encoded.bare, !fix && has_bare(message)) << testing::PrintToString(message);
        if (encoded.bare) {
          ASSERT_FALSE(model(encoded.wire).finished) << "a refused message must not be ended";
          continue;
        }
        const Scanned back = model(encoded.wire);
        ASSERT_TRUE(back.finished && !back.bare) << testing::PrintToString(encoded.wire);
        ASSERT_EQ(back.used, encoded.wire.size()) << testing::PrintToString(encoded.wire);
        ASSERT_EQ(back.message, normalised(message)) << testing::PrintToString(message);
        ASSERT_EQ(encoded.size, back.message.size());
      }
    }
  });
}

std::string stuff(std::string_view text, std::size_t chunk) {
  std::string out;
  const auto sink = [&](std::string_view piece) { out += piece; };
  DotEncoder encoder(Mending::mend_lf);
  for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size()))) {
    encoder.add(text.substr(0, chunk), sink);
  }
  encoder.finish(sink);
  return out;
}

struct Read {
  std::string text;
  std::string rest;
  bool done = false;
};

Read unstuff(std::string_view wire, std::size_t chunk) {
  Read read;
  DotDecoder decoder(BareLineEnds::pass);
  std::string input;  // a buffer of its own, so that reading beyond it shows
  while (!wire.empty() && !decoder.finished()) {
    input += wire.substr(0, chunk);
    wire.remove_prefix(std::min(chunk, wire.size()));
    const std::size_t done = decoder.scan(input, [&](std::string_view text) { read.text += text; });
    EXPECT_LE(input.size() - done, decoder.finished() ? chunk : 2) << "too much left unjudged";
    input.erase(0, done);
    input.shrink_to_fit();
  }
  read.rest = input + std::string(wire);
  read.done = decoder.finished();
  return read;
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

}  // namespace
}  // namespace posthouse::dialogue
