#include "posthouse/mime/formats/inline_files.h"

#include <string>

#include <gtest/gtest.h>

namespace posthouse::mime {
namespace {

using Encoding = InlineFile::Encoding;

TEST(InlineFiles, UuencodeInText) {
  const std::string text =
      "Here it is.\r\nbegin 644 caf\xC3\xA9 menu.txt\r\n#0V%T\r\n`\r\nend\r\nAnd another:\nbegin 755 b\n#0V%T\n#0V%T\n "
      "\nend\n-- \n";
  const std::vector<InlineFile> files = find_inline_files(text);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "café menu.txt");
  EXPECT_EQ(files[0].content, "Cat");
  EXPECT_TRUE(files[0].complete);
  EXPECT_EQ(files[1].name, "b");
  EXPECT_EQ(files[1].content, "CatCat");
  EXPECT_EQ(without_inline_files(text, files), "Here it is.\r\nAnd another:\n-- \n");
}

TEST(InlineFiles, WhatOnlyLooksLikeOne) {
  for (const char* text :
       {"", "begin 644 x", "begin 644 x\nlet us begin", "begin the day\nend\n", "begin 64 x\n#0V%T\nend\n",
        " begin 644 x\n#0V%T\nend\n", "begin 644x y\n#0V%T\nend\n", "=ybegin line=128 size=1\n"}) {
    EXPECT_TRUE(find_inline_files(text).empty()) << text;
  }
}

TEST(InlineFiles, CutShort) {
  const std::string text = "begin 644 x\n#0V%T\n#0V%T\nThis is no longer part of it.\n";
  const std::vector<InlineFile> files = find_inline_files(text);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].content, "CatCat");
  EXPECT_FALSE(files[0].complete);
  EXPECT_EQ(without_inline_files(text, files), "This is no longer part of it.\n");
}

TEST(InlineFiles, Yenc) {
  // "Cat" and the octets that have to be escaped (NUL, LF, CR, "=" once 42 is added).
  std::string data;
  for (const char c : std::string("Cat")) {
    data += static_cast<char>(c + 42);
  }
  data += "=@=J=M=}";
  const std::string text = "text\r\n=ybegin line=128 size=7 name=a b.bin\r\n" + data + "\r\n=yend size=7\r\nmore\r\n";
  const std::vector<InlineFile> files = find_inline_files(text);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].encoding, Encoding::yenc);
  EXPECT_EQ(files[0].name, "a b.bin");
  EXPECT_EQ(files[0].content, std::string("Cat\xD6\xE0\xE3\x13"));
  EXPECT_TRUE(files[0].complete);
  EXPECT_EQ(without_inline_files(text, files), "text\r\nmore\r\n");
}

TEST(InlineFiles, YencIsChecked) {
  std::string nine;  // the check value of CRC-32 is that of "123456789"
  for (const char c : std::string("123456789")) {
    nine += static_cast<char>(c + 42);
  }
  const auto complete = [&](const std::string& end) {
    return find_inline_files("=ybegin line=128 size=9 name=x\n" + nine + "\n" + end).at(0).complete;
  };
  EXPECT_TRUE(complete("=yend size=9 crc32=CBF43926\n"));
  EXPECT_TRUE(complete("=yend size=9 crc32=cbf43926"));
  EXPECT_FALSE(complete("=yend size=9 crc32=00000000\n"));
  EXPECT_FALSE(complete("=yend size=8\n"));
  EXPECT_FALSE(complete(""));
}

TEST(InlineFiles, AreBounded) {
  std::string many;
  for (int i = 0; i < 3'000; ++i) {
    many += "begin 644 x\n#0V%T\n`\nend\n";
  }
  EXPECT_EQ(find_inline_files(many).size(), 1'000U);
}

}  // namespace
}  // namespace posthouse::mime
