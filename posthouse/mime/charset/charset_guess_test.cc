#include "posthouse/mime/charset/charset_guess.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

std::string from_hex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return out;
}

const std::string gb_hello = from_hex("c4e3bac3cac0bde7");          // 你好世界
const std::string koi8_hello = from_hex("f0d2c9d7c5d42c20cdc9d2");  // Привет, мир

TEST(CharsetGuess, TellsWhoSaidIt) {
  const Text declared = decode_text("gr\xFC\xDF", "iso-8859-1");
  EXPECT_EQ(declared.utf8, "grüß");
  EXPECT_EQ(declared.source, CharsetSource::declared);
  EXPECT_EQ(declared.charset, "iso-8859-1");
  EXPECT_EQ(declared.confidence, 100);

  const Text marked = decode_text(std::string_view("\xFF\xFEh\0i\0", 6), "windows-1252");
  EXPECT_EQ(marked.utf8, "hi");
  EXPECT_EQ(marked.source, CharsetSource::bom);

  const Text meta = decode_text("<html><META http-equiv=x content='text/html; charset = GBK'>" + gb_hello, "", true);
  EXPECT_TRUE(meta.utf8.ends_with("你好世界"));
  EXPECT_EQ(meta.source, CharsetSource::meta);
  EXPECT_EQ(meta.charset, "gbk");

  const Text detected = decode_text("grüße", "");
  EXPECT_EQ(detected.utf8, "grüße");
  EXPECT_EQ(detected.source, CharsetSource::detected);
  EXPECT_EQ(detected.charset, "utf-8");

  const Text fallback = decode_text("\xFF", "");
  EXPECT_EQ(fallback.utf8, "ÿ");
  EXPECT_EQ(fallback.source, CharsetSource::fallback);
  EXPECT_EQ(fallback.confidence, 0);
  EXPECT_EQ(name_of(fallback.source), "fallback");
}

TEST(CharsetGuess, PlainAsciiNeedsNoGuess) {
  for (const char* label : {"", "us-ascii", "utf-8", "x-unknown"}) {
    const Text text = decode_text("plain", label);
    EXPECT_EQ(text.utf8, "plain") << label;
    EXPECT_EQ(text.source, CharsetSource::declared) << label;
  }
  EXPECT_FALSE(decode_text("plain", "x-unknown").known_charset);
}

TEST(CharsetGuess, ShortEastAsianTexts) {
  EXPECT_EQ(decode_text(gb_hello, "").utf8, "你好世界");
  EXPECT_EQ(guess_charset(from_hex("a4b3a4f3a4cba4c1a4cf")).charset, "euc-jp");  // こんにちは
  EXPECT_EQ(guess_charset(from_hex("bec8b3e7c7cfbcbcbfe4")).charset, "euc-kr");  // 안녕하세요
  EXPECT_EQ(decode_text(koi8_hello, "").utf8, "Привет, мир");
}

TEST(CharsetGuess, EscapesInTextWithoutLabel) {
  const Text text = decode_text("\x1B$B$3$s$K$A$O\x1B(B", "us-ascii");
  EXPECT_EQ(text.utf8, "こんにちは");
  EXPECT_EQ(text.source, CharsetSource::detected);
}

TEST(CharsetGuess, WrongLabels) {
  // Called Latin-1, written in UTF-8.
  EXPECT_EQ(decode_text("un été", "iso-8859-1").utf8, "un été");
  // Called UTF-8, written in KOI8-R.
  const Text russian = decode_text(koi8_hello, "utf-8");
  EXPECT_EQ(russian.utf8, "Привет, мир");
  EXPECT_EQ(russian.source, CharsetSource::detected);
  // One bad octet in much good UTF-8 does not make the label wrong.
  const Text damaged = decode_text("grüße aus Köln, schöne Grüße \xFF", "utf-8");
  EXPECT_EQ(damaged.source, CharsetSource::declared);
  EXPECT_TRUE(damaged.lossy);
  // GBK that happens to be UTF-8 too is GBK where it says so.
  const Text unicom = decode_text(from_hex("c1aacda8"), "gbk");
  EXPECT_EQ(unicom.utf8, "联通");
  EXPECT_EQ(unicom.source, CharsetSource::declared);
}

TEST(CharsetGuess, MetaThatDoesNotFitIsNotBelieved) {
  const Text text = decode_text(
      "<meta charset=utf-8>gr\xFC\xDF"
      "e aus",
      "", true);
  EXPECT_NE(text.source, CharsetSource::meta);
  EXPECT_FALSE(text.lossy);
}

TEST(CharsetGuess, RawOctetsInHeaders) {
  EXPECT_EQ(decode_raw_header("grüße"), "grüße");
  EXPECT_EQ(decode_raw_header(gb_hello), "你好世界");
  EXPECT_EQ(decode_raw_header(from_hex("a741a66e"), "big5"), "你好");
  EXPECT_EQ(decode_raw_header("caf\xE9", "utf-8"), "café");  // the hint does not fit
}

TEST(CharsetGuess, RawOctetsAreReadByTheCharsetOfTheText) {
  const std::string head = "From: " + gb_hello + " <a@b.test>\r\nSubject: Re: " + gb_hello + "\r\n";
  const Message message =
      Message::parse(head + "Content-Type: text/plain; charset=gb2312\r\nContent-Disposition: inline; filename=\"" +
                     gb_hello + ".txt\"\r\n\r\n" + gb_hello);
  EXPECT_EQ(message.subject(), "Re: 你好世界");
  ASSERT_EQ(message.from().size(), 1U);
  EXPECT_EQ(message.from()[0].name, "你好世界");
  EXPECT_EQ(message.root().filename(), "你好世界.txt");
  EXPECT_EQ(message.text_part()->text(), "你好世界");
}

}  // namespace
}  // namespace posthouse::mime
