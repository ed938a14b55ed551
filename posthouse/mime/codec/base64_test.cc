// The vector loops of base64 against the plain ones. What base64 means is tested in transfer_encoding_test.cc.
#include "posthouse/mime/codec/base64.h"

#include <random>

#include <gtest/gtest.h>

#include "posthouse/mime/codec/codec_testing.h"

namespace posthouse::mime {
namespace {

using Generator = std::mt19937;

std::size_t below(Generator& random, std::size_t bound) {
  return random() % bound;
}

std::string octets(Generator& random, std::size_t size) {
  std::string out(size, '\0');
  for (char& c : out) {
    c = static_cast<char>(random());
  }
  return out;
}

void expect_same(std::string_view body) {
  std::string plain = "kept", quick = "kept";
  std::vector<Defect> plain_defects, quick_defects;
  decode_base64(plain, body, &plain_defects, 7, Codec::scalar);
  decode_base64(quick, body, &quick_defects, 7, Codec::vectors);
  ASSERT_EQ(plain, quick) << body;
  ASSERT_EQ(plain_defects, quick_defects) << body;
}

std::string in_base64(std::string_view data, Codec codec) {
  std::string out = "kept";
  encode_base64(out, data, codec);
  return out;
}

TEST(Base64Vectors, EncodeAsThePlainLoopDoes) {
  for_each_target([] {
    Generator random(1);
    for (std::size_t size = 0; size < 600; ++size) {
      const std::string data = octets(random, size);
      ASSERT_EQ(in_base64(data, Codec::vectors), in_base64(data, Codec::scalar)) << size;
    }
    const std::string data = octets(random, 100'000);
    ASSERT_EQ(in_base64(data, Codec::vectors), in_base64(data, Codec::scalar));
  });
}

TEST(Base64Vectors, DecodeWhatWasEncoded) {
  for_each_target([] {
    Generator random(2);
    for (std::size_t size = 0; size < 2'000; size += 1 + size / 8) {
      const std::string data = octets(random, size);
      std::string out;
      decode_base64(out, in_base64(data, Codec::vectors).substr(4), nullptr, 0);
      ASSERT_EQ(out, data) << size;
    }
    std::string out;
    const std::string data = octets(random, 100'000);
    decode_base64(out, in_base64(data, Codec::vectors).substr(4), nullptr, 0);
    ASSERT_EQ(out, data);
  });
}

TEST(Base64Vectors, DecodeLinesOfAnyLengthAsThePlainLoopDoes) {
  for_each_target([] {
    Generator random(3);
    const std::string one_line = [&] {
      std::string out = in_base64(octets(random, 3'000), Codec::scalar).substr(4);
      std::erase_if(out, [](char c) { return c == '\r' || c == '\n'; });
      return out;
    }();
    for (std::size_t width = 1; width < 200; ++width) {
      for (const std::string_view line_end : {"\r\n", "\n", " \r\n", "\r", "\n\n"}) {
        std::string body;
        for (std::size_t at = 0; at < one_line.size(); at += width) {
          body.append(one_line, at, width).append(line_end);
        }
        expect_same(body);
      }
    }
  });
}

// Every octet at every place of a line: a wrong table entry cannot hide.
TEST(Base64Vectors, JudgeEveryOctetAsThePlainLoopDoes) {
  for_each_target([] {
    Generator random(4);
    const std::string clean = in_base64(octets(random, 57 * 3), Codec::scalar).substr(4);
    for (int c = 0; c < 256; ++c) {
      for (std::size_t at = 70; at < 160; ++at) {
        std::string body = clean;
        body[at] = static_cast<char>(c);
        expect_same(body);
      }
    }
  });
}

TEST(Base64Vectors, TakeHostileBodiesAsThePlainLoopDoes) {
  for_each_target([] {
    Generator random(5);
    for (int i = 0; i < 1'000; ++i) {
      std::string body = in_base64(octets(random, below(random, 600)), Codec::scalar).substr(4);
      for (std::size_t k = below(random, 5); k > 0; --k) {
        const std::size_t at = below(random, body.size() + 1);
        switch (random() % 4) {
          case 0:
            body.insert(at, 1 + random() % 3, "=\r\n\t *-A\x80\xFF"[random() % 9]);
            break;
          case 1:
            body.erase(at, 1 + random() % 5);
            break;
          case 2:
            body.insert(at, body.substr(below(random, body.size() + 1), 90));
            break;
          default:
            if (at < body.size()) {
              body[at] = static_cast<char>(random());
            }
        }
      }
      expect_same(body);
    }
  });
}

// The plain loop gets its input in pieces of 16 KiB; quanta lie across their ends.
TEST(Base64Vectors, PiecesMeet) {
  Generator random(6);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::string body(shift, '*');
    body += in_base64(octets(random, 40'000), Codec::scalar).substr(4);
    expect_same(body);
    std::string out;
    decode_base64(out, body, nullptr, 0);
    EXPECT_EQ(out.size(), 40'000U);
  }
}

}  // namespace
}  // namespace posthouse::mime
