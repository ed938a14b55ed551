#include "posthouse/imap/server/binary_converter.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {
namespace {

using namespace std::string_literals;

std::string converted(std::string_view message, std::size_t piece = 1000) {
  std::string out;
  BinaryConverter converter([&](std::string_view octets) { out += octets; });
  for (; !message.empty(); message.remove_prefix(std::min(piece, message.size()))) {
    converter.write(message.substr(0, piece));
  }
  converter.end();
  return out;
}

TEST(BinaryConverter, WhatIsNotBinaryStaysAsItIs) {
  for (const std::string& message :
       {""s, "Subject: x"s, "Subject: x\r\n\r\nbody\nwith\0all\r"s,
        "Content-Transfer-Encoding: 8bit\r\nContent-Type: multipart/mixed; "
        "boundary=b\r\n\r\n--b\r\n\r\n1\r\n--b\r\n\r\n"
        "2\r\n--b--\r\nbehind\r\n"s,
        "X: " + std::string(300 * 1024, 'x') + "\r\nContent-Transfer-Encoding: binary\r\n\r\na\0b"s}) {
    for (const std::size_t piece : {1U, 3U, 100'000U}) {
      EXPECT_EQ(converted(message, piece), message);
    }
  }
}

TEST(BinaryConverter, ABinaryBodyBecomesBase64) {
  EXPECT_EQ(converted("Subject: x\r\ncontent-transfer-encoding :\r\n Binary\r\nTo: a\r\n\r\n\0\1\n\2\r\n"s),
            "Subject: x\r\nTo: a\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEKAg0K\r\n");
}

TEST(BinaryConverter, SoDoPartsWhereverTheyAre) {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=\"o\"\r\nContent-Transfer-Encoding: binary\r\n\r\npreamble\r\n--o\r\n"
      "Content-Transfer-Encoding: binary\r\n\r\n\0--o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n"
      "Content-Transfer-Encoding: binary\r\n\r\nContent-Type: multipart/alternative; "
      "boundary=i\r\n\r\n--i\r\n\r\ntext\r\n"
      "--i\r\nContent-Transfer-Encoding: binary\r\n\r\n\n\n\r\n--o\r\n\r\nplain\r\n--o--\r\nepilogue\0"s;
  const std::string expected =
      "Content-Type: multipart/mixed; boundary=\"o\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\npreamble\r\n--o\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nAC0tbw0K\r\n--o\r\nContent-Type: message/rfc822\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\nContent-Type: multipart/alternative; "
      "boundary=i\r\n\r\n--i\r\n\r\ntext\r\n"
      "--i\r\nContent-Transfer-Encoding: base64\r\n\r\nCgo=\r\n--o\r\n\r\nplain\r\n--o--\r\nepilogue\0"s;
  for (const std::size_t piece : {1U, 2U, 7U, 100'000U}) {
    EXPECT_EQ(converted(message, piece), expected) << piece;
  }
}

TEST(BinaryConverter, NoOctetOfALargePartIsLost) {
  std::string octets;
  for (unsigned i = 0, x = 1; i < 500'000; ++i) {
    x = x * 1664525U + 1013904223U;
    octets += static_cast<char>(x >> 24);
  }
  for (const std::size_t piece : {1000U, 1'000'000U}) {
    const std::string out = converted("Content-Transfer-Encoding: binary\r\n\r\n" + octets, piece);
    EXPECT_EQ(mime::Message::parse(out).root().content(), octets);
    EXPECT_EQ(out.find('\0'), std::string::npos);
  }
}

}  // namespace
}  // namespace posthouse::imap
