#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/formats/media_types.h"

namespace posthouse::mime {
namespace {

using namespace std::string_literals;

constexpr std::string_view unknown = "application/octet-stream";
constexpr std::string_view office = "application/vnd.openxmlformats-officedocument.";

std::string zip(const std::string& first_name, const std::string& rest) {
  return "PK\3\4"s + std::string(26, '\0') + first_name + rest;
}

TEST(MediaTypes, ByName) {
  EXPECT_EQ(media_type_of("map.PNG"), "image/png");
  EXPECT_EQ(media_type_of("ARCHIVE.TAR"), "application/x-tar");
  EXPECT_EQ(media_type_of("none"), unknown);
  EXPECT_EQ(media_type_of("dir.png/none"), unknown);
  EXPECT_EQ(media_type_of("ends."), unknown);
  EXPECT_EQ(media_type_of(""), unknown);
}

TEST(MediaTypes, ANameThatSaysSomethingIsBelieved) {
  EXPECT_EQ(media_type_of("scan.png", "%PDF-1.7"), "image/png");
  EXPECT_EQ(media_type_of("x.bin", "plain text"), unknown);
}

TEST(MediaTypes, ByContent) {
  const std::pair<std::string, std::string_view> known[] = {
      {"%PDF-1.7\n", "application/pdf"},
      {"\x89PNG\r\n\x1A\n", "image/png"},
      {"\xFF\xD8\xFF\xE0", "image/jpeg"},
      {"GIF89a", "image/gif"},
      {"RIFF\1\2\3\4WEBP", "image/webp"},
      {"RIFF\1\2\3\4WAVE", "audio/wav"},
      {"\0\0\0\x18"
       "ftypmp42"s,
       "video/mp4"},
      {"\0\0\0\x18"
       "ftypqt  "s,
       "video/quicktime"},
      {"\0\0\0\x18"
       "ftypheic"s,
       "image/heic"},
      {"\x1A\x45\xDF\xA3....webm", "video/webm"},
      {"\x1A\x45\xDF\xA3....matroska", "video/x-matroska"},
      {"\x1F\x8B\x08", "application/gzip"},
      {"ID3\3", "audio/mpeg"},
      {"\xFF\xFB\x90\x44", "audio/mpeg"},
      {zip("a.txt", "hello"), "application/zip"},
      {zip("[Content_Types].xml", "... word/document.xml"),
       "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {zip("_rels/.rels", "... xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {zip("mimetype", "application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"},
      {zip("mimetype", "application/epub+zip"), "application/epub+zip"},
      {std::string(257, '\0') + "ustar", "application/x-tar"},
      {"plain\ttext\r\nin lines", "text/plain"},
      {"你好", "text/plain"},
      {"你好，世\xE7\x95", "text/plain"},  // cut in the middle of a character
      {"  <!DOCTYPE HTML><p>", "text/html"},
      {"\xEF\xBB\xBF<?xml version='1.0'?>", "application/xml"},
  };
  for (const auto& [bytes, type] : known) {
    EXPECT_EQ(media_type_of("", bytes), type) << bytes;
  }
  EXPECT_TRUE(media_type_of("", zip("[Content_Types].xml", "ppt/x")).starts_with(office));
}

TEST(MediaTypes, WhatNobodyKnowsIsOctets) {
  for (const std::string& bytes : {""s, "\0"s, "\1\2\3"s, "\xFF\xFE\0\0"s, "\xFF"s, "caf\xE9 au lait"s, "text\x7F"s,
                                   "\0\0\0\x18"
                                   "fty"s}) {
    EXPECT_EQ(media_type_of("", bytes), unknown) << bytes;
  }
}

TEST(MediaTypes, EveryBeginningOfAKnownFileIsHarmless) {
  const std::string whole = zip("mimetype", "application/vnd.oasis.opendocument.text");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_FALSE(media_type_of("", whole.substr(0, size)).empty());
  }
}

}  // namespace
}  // namespace posthouse::mime
