#pragma once
// Texts for the tests of the index: random ones in several scripts, and what a scan finds in them.
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/mime/charset/casemap.h"

namespace posthouse::store {

/// Characters of one script each, blanks among them.
inline const std::vector<std::vector<std::string>>& scripts() {
  static const std::vector<std::vector<std::string>> all{
      {"a", "e", "n", "t", "A", "Q", "0", "7", " ", "  ", "\r\n", "-", "@", "."},
      {"é", "É", "ß", "ﬁ", "Å", "ö", "e\xCC\x81", "o", "n", " ", "\xC2\xA0", "ǆ"},
      {"会", "议", "中", "文", "。", "A", "\xE3\x80\x80", "1"},
      {"メ", "ー", "ル", "が", "ｶﾞ", "の", "件", " "},
      {"안", "녕", "하", "세", "요", "각", "가", " "},
      {"ส", "วั", "ส", "ดี", "ค", "รั", "บ"},
      {"\xFF", "\xE4\xB8", "\xF0\x9F\x93\xA7", "\xF4\x8F\xBF\xBF", "x", "\xC0\x80", " "}};
  return all;
}

inline std::string random_text(std::mt19937& random, std::size_t most) {
  const auto& letters = scripts()[random() % scripts().size()];
  std::string text;
  for (std::size_t size = random() % (most + 1); size != 0; --size) {
    text += letters[random() % letters.size()];
  }
  return text;
}

/// As a search compares texts.
inline std::string as_compared(std::string_view text) {
  std::string folded;
  for (const char c : mime::casemapped(text)) {
    if (!is_space(c) || folded.empty() || folded.back() != ' ') {
      folded += is_space(c) ? ' ' : c;
    }
  }
  return folded;
}

/// A piece of `text`, of whole characters where it has such.
inline std::string piece_of(std::mt19937& random, const std::string& text) {
  if (text.empty()) {
    return "x";
  }
  std::size_t first = random() % text.size();
  std::size_t end = first + 1 + random() % 12;
  const auto inside = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (first > 0 && inside(first)) {
    --first;
  }
  while (inside(end)) {
    ++end;
  }
  return text.substr(first, end - first);
}

}  // namespace posthouse::store
