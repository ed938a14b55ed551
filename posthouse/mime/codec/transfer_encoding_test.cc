#include "posthouse/mime/codec/transfer_encoding.h"

#include <gtest/gtest.h>

#include "posthouse/base/base64.h"

namespace posthouse::mime {
namespace {

std::string decode(std::string_view body, TransferEncoding encoding, std::vector<Defect>* defects = nullptr) {
  std::string out = "kept";
  decode_body(out, body, encoding, defects, 100);
  EXPECT_TRUE(out.starts_with("kept"));
  return out.substr(4);
}
std::string unbase64(std::string_view body, std::vector<Defect>* defects = nullptr) {
  return decode(body, TransferEncoding::base64, defects);
}
std::string unquoted(std::string_view body, std::vector<Defect>* defects = nullptr) {
  return decode(body, TransferEncoding::quoted_printable, defects);
}

std::string octets(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += static_cast<char>(i * 7 + i / 256);
  }
  return out;
}

TEST(TransferEncoding, Names) {
  EXPECT_EQ(transfer_encoding(" Base64 \r\n"), TransferEncoding::base64);
  EXPECT_EQ(transfer_encoding("(c) quoted-PRINTABLE (d)"), TransferEncoding::quoted_printable);
  EXPECT_EQ(transfer_encoding("base64;"), TransferEncoding::base64);
  EXPECT_EQ(transfer_encoding(""), TransferEncoding::seven_bit);
  EXPECT_EQ(transfer_encoding("x-uue"), TransferEncoding::uuencode);
  EXPECT_EQ(transfer_encoding("rot13"), TransferEncoding::unknown);
  EXPECT_EQ(name_of(TransferEncoding::eight_bit), "8bit");
  EXPECT_EQ(decode("a=41", TransferEncoding::unknown), "a=41");
}

TEST(Base64Body, DecodesLinesOfAnyLength) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 56U, 57U, 58U, 1000U, 4096U}) {
    const std::string data = octets(size);
    EXPECT_EQ(unbase64(encode_base64_lines(data)), data) << size;
    EXPECT_EQ(unbase64(base64_encode(data)), data) << size;
    std::string narrow;
    for (const char c : base64_encode(data)) {
      narrow += std::string(1, c) + "\r\n";
    }
    EXPECT_EQ(unbase64(narrow), data) << size;
  }
}

TEST(Base64Body, SkipsJunkAndSaysSo) {
  std::vector<Defect> defects;
  EXPECT_EQ(unbase64("aGV*sb-G8=", &defects), "hello");
  EXPECT_EQ(defects, (std::vector<Defect>{{DefectCode::base64_junk, 103}}));
  defects.clear();
  EXPECT_EQ(unbase64(" aGVs\tbG8=\r\n", &defects), "hello");
  EXPECT_TRUE(defects.empty());
}

TEST(Base64Body, TakesMissingPaddingAndCutEnds) {
  std::vector<Defect> defects;
  EXPECT_EQ(unbase64("aGVsbG8", &defects), "hello");
  EXPECT_EQ(defects, (std::vector<Defect>{{DefectCode::base64_truncated, 107}}));
  EXPECT_EQ(unbase64("aGVsb"), "hel");
  EXPECT_EQ(unbase64("aG="), "h");
  EXPECT_EQ(unbase64("=aGk="), "hi");  // padding out of its place is junk
  EXPECT_EQ(unbase64("===="), "");
}

TEST(Base64Body, ReadsSeveralEncodingsButNotWhatFollows) {
  EXPECT_EQ(unbase64("QQ==\r\nQkM=\r\nREVG"), "ABCDEF");
  std::vector<Defect> defects;
  EXPECT_EQ(unbase64("QQ==\r\n_____\r\nA list\r\n", &defects), "A");
  EXPECT_EQ(defects, (std::vector<Defect>{{DefectCode::base64_after_padding, 106}}));
  EXPECT_EQ(unbase64("QQ== ignored"), "A");
}

TEST(Base64Body, EncodesLinesOf76) {
  EXPECT_EQ(encode_base64_lines(""), "");
  EXPECT_EQ(encode_base64_lines("hi"), "aGk=\r\n");
  const std::string two = encode_base64_lines(octets(58));
  EXPECT_EQ(two.find("\r\n"), 76U);
  EXPECT_EQ(two.size(), 76U + 2 + 4 + 2);
}

TEST(QuotedPrintable, Decodes) {
  EXPECT_EQ(unquoted("=C3=a9t=E9\r\n"), "\xC3\xA9t\xE9\r\n");
  EXPECT_EQ(unquoted("soft=\r\n break=\n too"), "soft break too");
  EXPECT_EQ(unquoted("soft= \t\r\nbreak"), "softbreak");
  EXPECT_EQ(unquoted("ends soft="), "ends soft");
  EXPECT_EQ(unquoted("trailing \t \r\nblanks  "), "trailing\r\nblanks");
  EXPECT_EQ(unquoted("kept=20\r\n"), "kept \r\n");
  EXPECT_EQ(unquoted("a\rb\n"), "a\rb\n");
}

TEST(QuotedPrintable, TakesWhatIsWrongAsItIs) {
  std::vector<Defect> defects;
  EXPECT_EQ(unquoted("1=2, 3=zz, =\r\n=4", &defects), "1=2, 3=zz, =4");
  EXPECT_EQ(defects, (std::vector<Defect>{{DefectCode::quoted_printable_invalid, 100}}));
  EXPECT_EQ(unquoted("a==41"), "a==41");  // RFC 2045 section 6.7 (1): "=" and what follows it stay
}

TEST(QuotedPrintable, EncodesAndKeepsLinesShort) {
  EXPECT_EQ(encode_quoted_printable("a=b\xC3\xA9\nend "), "a=3Db=C3=A9\r\nend=20");
  EXPECT_EQ(encode_quoted_printable("From me\n"), "=46rom me\r\n");
  const std::string text = std::string(75, 'a') + "\xE4\xBD\xA0 \t\r\n" + std::string(76, 'b') + "\r\n\t\r\nx\rz\0y";
  const std::string encoded = encode_quoted_printable(text);
  for (std::size_t at = 0; at < encoded.size();) {
    const std::size_t end = std::min(encoded.find("\r\n", at), encoded.size());
    EXPECT_LE(end - at, 76U);
    at = end + 2;
  }
  EXPECT_EQ(unquoted(encoded), text);
}

TEST(QuotedPrintable, EveryOctetSurvives) {
  std::string text;
  for (int i = 0; i < 256; ++i) {
    text += static_cast<char>(i == '\n' ? 'n' : i);
  }
  EXPECT_EQ(unquoted(encode_quoted_printable(text)), text);
}

TEST(Uuencode, Decodes) {
  std::vector<Defect> defects;
  EXPECT_EQ(decode("some text\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n", TransferEncoding::uuencode, &defects),
            "Cat");
  EXPECT_TRUE(defects.empty());
  EXPECT_EQ(decode("begin 644 a\n#0V%T\n", TransferEncoding::uuencode, &defects), "Cat");
  EXPECT_EQ(defects.size(), 1U);
  EXPECT_EQ(decode("no such thing", TransferEncoding::uuencode), "no such thing");
}

TEST(Uuencode, AskingForMoreThanThereIsGivesWhatThereIs) {
  std::string body = "begin 644 a\n";
  for (int i = 0; i < 1000; ++i) {
    body += "M\n";
  }
  EXPECT_LE(decode(body, TransferEncoding::uuencode).size(), body.size());
}

}  // namespace
}  // namespace posthouse::mime
