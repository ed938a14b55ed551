// The vector loops of quoted-printable against the plain ones. What it means is tested in transfer_encoding_test.cc.
#include "posthouse/mime/codec/quoted_printable.h"

#include <random>

#include <gtest/gtest.h>

#include "posthouse/mime/codec/codec_testing.h"

namespace posthouse::mime {
namespace {

using Generator = std::mt19937;

// Mostly what matters: line ends, blanks, "=", digits.
std::string text(Generator& random, std::size_t size) {
  static constexpr std::string_view pieces[] = {"\r\n",
                                                "\n",
                                                "\r",
                                                " ",
                                                "\t",
                                                "=",
                                                "=4",
                                                "=41",
                                                "=e4=BD=a0",
                                                "=\r\n",
                                                "= \r\n",
                                                "=\n",
                                                "==",
                                                "=\r",
                                                "a quick brown fox ",
                                                "From ",
                                                "\xE4\xBD\xA0\xE5\xA5\xBD",
                                                "\x7F",
                                                "xyz",
                                                "F"};
  std::string out;
  while (out.size() < size) {
    if (random() % 4 == 0) {
      out.append(random() % 90, 'x');
    }
    out += pieces[random() % std::size(pieces)];
  }
  return out;
}

void expect_same_decoded(std::string_view body) {
  std::string plain = "kept", quick = "kept";
  std::vector<Defect> plain_defects, quick_defects;
  decode_quoted_printable(plain, body, &plain_defects, 7, Codec::scalar);
  decode_quoted_printable(quick, body, &quick_defects, 7, Codec::vectors);
  ASSERT_EQ(plain, quick) << body;
  ASSERT_EQ(plain_defects, quick_defects) << body;
}

std::string in_quoted_printable(std::string_view data, Codec codec) {
  std::string out = "kept";
  encode_quoted_printable(out, data, codec);
  return out.substr(4);
}

TEST(QuotedPrintableVectors, DecodeAsThePlainLoopDoes) {
  for_each_target([] {
    Generator random(1);
    for (int i = 0; i < 2'000; ++i) {
      expect_same_decoded(text(random, random() % 600));
    }
    expect_same_decoded(text(random, 100'000));
  });
}

TEST(QuotedPrintableVectors, EncodeAsThePlainLoopDoes) {
  for_each_target([] {
    Generator random(2);
    for (int i = 0; i < 2'000; ++i) {
      const std::string data = text(random, random() % 600);
      ASSERT_EQ(in_quoted_printable(data, Codec::vectors), in_quoted_printable(data, Codec::scalar)) << data;
    }
  });
}

TEST(QuotedPrintableVectors, TakeEveryOctet) {
  for_each_target([] {
    for (int c = 0; c < 256; ++c) {
      std::string data(70, 'a');
      data += static_cast<char>(c);
      data.append(80, 'b');
      ASSERT_EQ(in_quoted_printable(data, Codec::vectors), in_quoted_printable(data, Codec::scalar)) << c;
      expect_same_decoded(data);
      data.insert(30, "=4");
      expect_same_decoded(data);
    }
  });
}

// No line is longer than 76, and decoding gives the text again with its line ends made CRLF.
TEST(QuotedPrintableVectors, RoundTrip) {
  Generator random(3);
  for (int i = 0; i < 500; ++i) {
    const std::string data = text(random, random() % 2'000);
    std::string expected;
    for (std::size_t at = 0; at < data.size(); ++at) {
      if (data[at] == '\n' && (at == 0 || data[at - 1] != '\r')) {
        expected += '\r';
      }
      expected += data[at];
    }
    const std::string body = in_quoted_printable(data, Codec::vectors);
    for (std::size_t at = 0; at < body.size();) {
      const std::size_t end = std::min(body.find("\r\n", at), body.size());
      ASSERT_LE(end - at, 76U);
      at = end + 2;
    }
    std::string out;
    std::vector<Defect> defects;
    decode_quoted_printable(out, body, &defects, 0);
    ASSERT_EQ(out, expected);
    ASSERT_TRUE(defects.empty());
  }
}

// The meaning of the old loop, by lines, as a second opinion on the one that copies and takes back.
std::string by_lines(std::string_view body) {
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t newline = body.find('\n', at);
    const std::size_t next = newline == std::string_view::npos ? body.size() : newline + 1;
    std::size_t end = newline == std::string_view::npos ? body.size() : newline;
    if (newline != std::string_view::npos && end > at && body[end - 1] == '\r') {
      --end;
    }
    const std::string_view line_end = body.substr(end, next - end);
    while (end > at && (body[end - 1] == ' ' || body[end - 1] == '\t')) {
      --end;
    }
    const std::string_view line = body.substr(at, end - at);
    bool soft = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '=') {
        out += line[i];
      } else if (i + 1 == line.size()) {
        soft = true;
      } else if (i + 2 < line.size() && std::isxdigit(static_cast<unsigned char>(line[i + 1])) != 0 &&
                 std::isxdigit(static_cast<unsigned char>(line[i + 2])) != 0) {
        out += static_cast<char>(std::stoi(std::string(line.substr(i + 1, 2)), nullptr, 16));
        i += 2;
      } else {
        out += '=';
        if (line[i + 1] == '=') {
          out += line[++i];
        }
      }
    }
    if (!soft) {
      out += line_end;
    }
    at = next;
  }
  return out;
}

TEST(QuotedPrintableVectors, DecodeWhatTheLinesMean) {
  Generator random(4);
  for (int i = 0; i < 3'000; ++i) {
    const std::string body = text(random, random() % 400);
    std::string out;
    decode_quoted_printable(out, body, nullptr, 0);
    ASSERT_EQ(out, by_lines(body)) << body;
  }
}

}  // namespace
}  // namespace posthouse::mime
