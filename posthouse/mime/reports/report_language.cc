#include "posthouse/mime/reports/report_language.h"

#include <algorithm>
#include <array>
#include <string>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/fields/header.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t most_looked_at = std::size_t{64} << 10;
constexpr std::array<std::string_view, 7> chinese_charsets{"gb2312", "gbk",        "gb18030",    "hz-gb-2312",
                                                           "big5",   "big5-hkscs", "iso-2022-cn"};

/// Han characters and none of the scripts that Japanese and Korean are written in besides.
bool is_written_in_chinese(std::string_view text) {
  const std::string valid = repair_utf8(text);
  bool han = false;
  for (std::size_t at = 0; at < valid.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(valid, at), 1);
    const char32_t c = length == 1 ? U'a' : code_point(std::string_view(valid).substr(at, length));
    const bool kana = c >= 0x3040 && c <= 0x30FF;
    const bool hangul = (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x1100 && c <= 0x11FF);
    if (kana || hangul) {
      return false;
    }
    han = han || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x3FFFF);
    at += length;
  }
  return han;
}

/// Whether a Content-Type names a charset that only Chinese is written in.
bool has_chinese_charset(std::string_view content_type) {
  const std::string type = to_lower(content_type);
  const std::size_t at = type.find("charset=");
  if (at == std::string::npos) {
    return false;
  }
  std::string_view name = std::string_view(type).substr(at + 8);
  name = name.substr(name.starts_with('"') ? 1 : 0);
  name = name.substr(0, name.find_first_of("\"; \t\r\n("));
  return std::ranges::find(chinese_charsets, name) != chinese_charsets.end();
}

}  // namespace

ReportLanguage report_language(std::string_view header) {
  const HeaderBlock block = HeaderBlock::scan(header.substr(0, most_looked_at));
  const Headers fields = block.headers();
  if (const std::string named = to_lower(fields.text("Content-Language")); !named.empty()) {
    return named.starts_with("zh") ? ReportLanguage::chinese : ReportLanguage::english;
  }
  const bool chinese =
      has_chinese_charset(fields.text("Content-Type")) || is_written_in_chinese(fields.text("Subject"));
  return chinese ? ReportLanguage::chinese : ReportLanguage::english;
}

}  // namespace posthouse::mime
