#include "posthouse/mime/fields/encoded_word.h"

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/error.h"

namespace posthouse::mime {
namespace {

TEST(DecodeWords, Rfc2047Section8) {
  EXPECT_EQ(decode_words(" =?ISO-8859-1?Q?a?="), "a");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?= b"), "a b");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?="), "ab");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?="), "ab");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?=\r\n     =?ISO-8859-1?Q?b?="), "ab");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a_b?="), "a b");
  EXPECT_EQ(decode_words("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?="), "a b");
}

TEST(DecodeWords, JoinsCharactersThatWereSplit) {
  EXPECT_EQ(decode_words("=?utf-8?B?5L0=?= =?UTF-8?B?oOWlvQ==?="), "你好");
  EXPECT_EQ(decode_words("=?utf-8?Q?=E4=BD?=\r\n =?utf-8?B?oA==?="), "你");
  EXPECT_EQ(decode_words("=?gb2312?B?xOM=?= =?big5?B?pm4=?="), "你好");
}

TEST(DecodeWords, TakesWhatPeopleSend) {
  EXPECT_EQ(decode_words("x=?utf-8?q?=C3=A9?=y"), "xéy");         // no white space around
  EXPECT_EQ(decode_words("=?utf-8?q?a b?="), "a b");              // blanks inside
  EXPECT_EQ(decode_words("=?utf-8*en?q?hi?="), "hi");             // RFC 2231 language
  EXPECT_EQ(decode_words("=?utf-8?q?=3D?= =?utf-8?q?\?="), "=");  // an empty word
  EXPECT_EQ(decode_words("=?utf-8?q?=zz?="), "=zz");              // no digits
  EXPECT_EQ(decode_words("=?utf-8?B?aGk?="), "hi");               // no padding
  EXPECT_EQ(decode_words("=?utf-8?q?a?b?="), "a?b");
  EXPECT_EQ(decode_words("=?utf-8?q?fold\r\n ed?="), "fold ed");
  EXPECT_EQ(decode_words("=?nonsense?q?=C3=A9?="), "é");
}

TEST(DecodeWords, AWordEndsWhereAnotherBegins) {
  EXPECT_EQ(decode_words("=?utf-8?q?never =?utf-8?q?=C3=A9?= =?utf-8?b?w6k=?="), "=?utf-8?q?never éé");
}

TEST(DecodeWords, LeavesTheRestAlone) {
  for (const char* text : {"=?", "=?utf-8", "=?utf-8?q", "=?utf-8?x?a?=", "=?\?q?a?=", "=?utf-8?q?a", "a =? b ?= c"}) {
    EXPECT_EQ(decode_words(text), text);
  }
  EXPECT_EQ(decode_words("  two\r\n lines\r\n\tand a tab  "), "two lines\tand a tab");
  EXPECT_EQ(decode_words("raw é \xE9"), "raw é \uFFFD");
  EXPECT_EQ(decode_words(""), "");
}

TEST(DecodeWords, SaysWhatIsWrong) {
  std::vector<Defect> defects;
  decode_words("ok =?utf-8?q?=FF?= =?utf-8?q?never ends", &defects, 10);
  ASSERT_EQ(defects.size(), 2U);
  EXPECT_EQ(defects[0], (Defect{DefectCode::encoded_word_charset, 13}));
  EXPECT_EQ(defects[1].code, DefectCode::encoded_word_invalid);
}

void expect_well_formed(const std::string& encoded, std::size_t name_length) {
  std::size_t column = name_length;
  for (std::size_t at = 0; at <= encoded.size(); column = 0) {
    const std::size_t end = std::min(encoded.find("\r\n", at), encoded.size());
    const std::string line = encoded.substr(at, end - at);
    EXPECT_TRUE(is_ascii(line));
    EXPECT_LE(column + line.size(), line.find("=?") != std::string::npos ? 76U : 998U) << line;
    EXPECT_TRUE(at == 0 || (is_space(line[0]) && !trim(line).empty())) << encoded;
    for (std::size_t word = line.find("=?"); word != std::string::npos;) {
      const std::size_t q = line.find('?', line.find('?', word + 2) + 1);
      const std::size_t close = line.find("?=", q + 1);
      ASSERT_NE(close, std::string::npos) << line;
      EXPECT_LE(close + 2 - word, 75U);
      EXPECT_EQ(decode_words(line.substr(word, close + 2 - word)).find("\uFFFD"), std::string::npos)
          << "a word split inside a character: " << line;
      word = line.find("=?", close + 2);
    }
    at = end + 2;
  }
}

TEST(EncodeWords, RoundTrips) {
  const std::string texts[] = {
      "plain",
      "你好",
      "Grüße aus Köln",
      "mixed 你好 and plain and 世界",
      "你好 世界",
      "a =?utf-8?q?fake?= word",
      "double  blanks  é  stay",
      " blank at the ends ",
      "שלום עולם — مرحبا",
      "👩‍👩‍👧‍👦 family 👍🏽",
      std::string(500, 'x') + " " + std::string(990, 'y'),
      std::string(3000, 'z'),
      "tab\tinside",
      "bell \x07 and delete \x7F",
      "",
  };
  for (const std::string& text : texts) {
    for (const std::size_t name : {9U, 40U, 70U}) {
      const std::string encoded = encode_words(text, name);
      expect_well_formed(encoded, name);
      EXPECT_EQ(decode_words(encoded), text) << encoded;
    }
  }
  std::string long_text;
  for (int i = 0; i < 300; ++i) {
    long_text += i % 7 == 0 ? " word " : "汉😀é";
  }
  expect_well_formed(encode_words(long_text, 9), 9);
  EXPECT_EQ(decode_words(encode_words(long_text, 9)), long_text);
}

TEST(EncodeWords, LeavesAsciiReadable) {
  EXPECT_EQ(encode_words("Hello, World!"), "Hello, World!");
  EXPECT_EQ(encode_words("你好", 9), "=?utf-8?B?5L2g5aW9?=");
  EXPECT_EQ(encode_words("Café", 9), "=?utf-8?Q?Caf=C3=A9?=");
}

TEST(EncodeWords, FoldsPlainTextAtBlanks) {
  std::string text;
  for (int i = 0; i < 30; ++i) {
    text += (i != 0 ? " " : "") + std::string("word") + std::to_string(i);
  }
  const std::string folded = encode_words(text, 9);
  EXPECT_NE(folded.find("\r\n word"), std::string::npos);
  EXPECT_EQ(decode_words(folded), text);
}

TEST(EncodeWords, RefusesLineBreaksAndWhatIsNotUtf8) {
  for (const std::string& bad : {std::string("a\r\nBcc: x@y"), std::string("a\nb"), std::string("a\rb"),
                                 std::string("a\0b", 3), std::string("\xFF")}) {
    EXPECT_THROW(encode_words(bad), Error);
  }
  try {
    encode_words("a\nb");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "mime.header_injection");
  }
}

TEST(DecodeWords, BehindWhatIsThere) {
  std::string out = "kept ";
  append_decoded_words(out,
                       "  =?utf-8?Q?=C3=A9?= =?utf-8?B?w6k=?= x =?utf-8?Q?=E9?= =?utf-8?Q?=C3?= =?utf-8?Q?=A9?=  ");
  EXPECT_EQ(out, "kept éé x \uFFFDé");
  append_decoded_words(out, "");
  EXPECT_EQ(out, "kept éé x \uFFFDé");
}

}  // namespace
}  // namespace posthouse::mime
