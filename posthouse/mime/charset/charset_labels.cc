#include "posthouse/mime/charset/charset_labels.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <unicode/ucnv.h>

#include "posthouse/base/text.h"

namespace posthouse::mime {
namespace {

struct Converter {
  std::string_view name;    // ICU's
  std::string_view labels;  // separated by blanks, lower case, those with blanks in them left out
};

constexpr Converter converters[] = {
    {"UTF-8",
     "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 utf-8-sig cp65001 utf8mb4 unicode-utf-8 "
     "u8"},
    {"ASCII",
     "us-ascii ascii ansi_x3.4-1968 iso-8859-1 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 iso-ir-100 latin1 l1 "
     "csisolatin1 cp819 ibm819 windows-1252 cp1252 x-cp1252 win-1252 ansi_x3.4-1986 iso-ir-6 us iso646-us ansi "
     "iso_646.irv:1991 csascii ibm367 cp367 iso-8859-1-windows-3.1-latin-1 x-ansi 28591 cp28591 1252 cp20127 iso8859 "
     "latin latin-1 8859-1 ansi-1252"},
    {"ibm-866_P100-1995", "866 cp866 csibm866 ibm866 cp866u"},
    {"ISO-8859-2", "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2 cp28592"},
    {"ISO-8859-3", "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3 cp28593"},
    {"ISO-8859-4", "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4 cp28594"},
    {"ISO-8859-5",
     "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988 cp28595"},
    {"ISO-8859-6",
     "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i "
     "iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 cp28596"},
    {"ISO-8859-7",
     "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 "
     "iso_8859-7:1987 sun_eu_greek cp28597"},
    {"ISO-8859-8",
     "csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-8859-8-i iso-ir-138 iso8859-8 "
     "iso88598 iso_8859-8 iso_8859-8:1988 logical visual cp28598"},
    {"ISO-8859-10", "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6"},
    {"ISO-8859-13", "iso-8859-13 iso8859-13 iso885913 cp28603 l7 latin7"},
    {"ISO-8859-14", "iso-8859-14 iso8859-14 iso885914 iso-ir-199 l8 latin8"},
    {"ISO-8859-15", "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 latin9 latin-9 cp28605"},
    {"ISO-8859-16", "iso-8859-16 iso8859-16 latin10 iso-ir-226 l10 iso-8859-16:2001"},
    {"KOI8-R", "cskoi8r koi koi8 koi8-r koi8_r cp20866"},
    {"KOI8-U", "koi8-ru koi8-u cp21866"},
    {"macintosh", "csmacintosh mac macintosh x-mac-roman cp10000"},
    {"windows-874",
     "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 cp874 iso-ir-166 thai tis-620-0 tis-620-2529-0 "
     "tis-620-2529-1 cp28601"},
    {"windows-1250", "cp1250 windows-1250 x-cp1250 win-1250 1250"},
    {"windows-1251", "cp1251 windows-1251 x-cp1251 win-1251 1251"},
    {"windows-1253", "cp1253 windows-1253 x-cp1253 1253"},
    {"windows-1254",
     "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 "
     "x-cp1254 1254 cp28599"},
    {"windows-1255", "cp1255 windows-1255 x-cp1255 1255"},
    {"windows-1256", "cp1256 windows-1256 x-cp1256 1256"},
    {"windows-1257", "cp1257 windows-1257 x-cp1257 1257"},
    {"windows-1258", "cp1258 windows-1258 x-cp1258 1258"},
    {"x-mac-cyrillic", "x-mac-cyrillic x-mac-ukrainian"},
    {"gb18030",
     "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030 euc-cn cp936 "
     "windows-936 ms936 x-euc-cn gb2312-80 cn-gb csgb18030 csgbk gb18030-2000 gb18030-2005 gb18030-2022 936 cp54936 "
     "windows-936-2000 gb2312-1980 eucgb2312-cn euccn gb-2312 x-mac-simp-chinese x-mac-chinesesimp"},
    {"ibm-1375_P100-2008",
     "big5 big5-hkscs cn-big5 csbig5 x-x-big5 big5hkscs big5-eten cp950 ms950 windows-950 950 hkscs big5-tw "
     "x-mac-trad-chinese x-mac-chinesetrad big5-2003 x-windows-950"},
    {"euc-jp-2007", "cseucpkdfmtjapanese euc-jp x-euc-jp eucjp ujis eucjp-ms eucjp-win cp51932 cp20932 ms-eucjp"},
    {"ISO_2022,locale=ja,version=3",
     "csiso2022jp iso-2022-jp iso-2022-jp-ms jis jis-encoding csjisencoding cp50222 cp50220 cp50221 "
     "x-windows-iso2022jp jis7"},
    {"ISO_2022,locale=ja,version=1", "iso-2022-jp-1"},
    {"ISO_2022,locale=ja,version=2", "iso-2022-jp-2 csiso2022jp2"},
    {"ibm-943_P15A-2003",
     "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cp932 windows-932 x-ms-cp932 932 sjis-win "
     "x-mac-japanese x-windows-31j"},
    {"windows-949",
     "cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 "
     "cp949 uhc ms949 ks_c_5601 949 cp51949 ks-x-1001 csksc5636 x-mac-korean x-windows-949"},
    {"UTF-16BE", "unicodefffe utf-16be utf16be cp1201"},
    {"UTF-16LE", "utf-16le utf16le cp1200"},
    {"UTF-16", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf16"},
    {"UTF-7", "utf-7 utf7 unicode-1-1-utf-7 csunicode11utf7 unicode-2-0-utf-7 x-unicode-2-0-utf-7 cp65000"},
    {"macos-6_2-10.4", "x-mac-greek mac-greek"},
    {"macos-35-10.2", "x-mac-turkish mac-turkish"},
    {"macos-29-10.2", "x-mac-centraleurroman x-mac-ce x-mac-latin2 mac-latin2 mac-centeuro macce"},
    {"HZ", "hz-gb-2312 hz hzgb hz-gb cp52936"},
    {"ISO-2022-KR", "iso-2022-kr csiso2022kr cp50225"},
    {"ISO-2022-CN", "iso-2022-cn"},
    {"ISO-2022-CN-EXT", "iso-2022-cn-ext"},
};

struct Label {
  std::string_view label;
  std::string_view converter;
};

constexpr std::size_t count_labels() {
  std::size_t count = 0;
  for (const Converter& converter : converters) {
    ++count;
    for (const char c : converter.labels) {
      count += c == ' ' ? 1U : 0U;
    }
  }
  return count;
}

constexpr auto labels = [] {
  std::array<Label, count_labels()> table{};
  std::size_t filled = 0;
  for (const Converter& converter : converters) {
    std::string_view rest = converter.labels;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      table[filled++] = {rest.substr(0, end), converter.name};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  std::sort(table.begin(), table.end(), [](const Label& a, const Label& b) { return a.label < b.label; });
  return table;
}();

constexpr std::size_t longest_label = 48;

// Labels come from strangers: only plain names reach ICU, and no converter options.
bool is_plain_name(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

// Labels told apart by letters and digits alone: "ISO_8859_1", "iso 8859-1" and "Windows1252" mean the obvious.
std::string loose_key(std::string_view label) {
  std::string key;
  for (const char c : label) {
    if (is_digit(c) || (c >= 'a' && c <= 'z')) {
      key += c;
    }
  }
  return key;
}

std::string_view loose_name(std::string_view label) {
  static const auto table = [] {
    std::vector<std::pair<std::string, std::string_view>> keys;
    for (const Label& entry : labels) {
      keys.emplace_back(loose_key(entry.label), entry.converter);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  }();
  const std::string key = loose_key(label);
  const auto found = std::lower_bound(table.begin(), table.end(), std::pair(key, std::string_view()));
  return found != table.end() && found->first == key && !key.empty() ? found->second : std::string_view();
}

std::string_view icu_name(const char* label) {
  UErrorCode error = U_ZERO_ERROR;
  if (ucnv_countAliases(label, &error) == 0 || U_FAILURE(error)) {
    return {};
  }
  const char* name = ucnv_getAlias(label, 0, &error);
  if (U_FAILURE(error) || name == nullptr) {
    return {};
  }
  UConverter* converter = ucnv_open(name, &error);
  if (U_FAILURE(error)) {
    return {};
  }
  ucnv_close(converter);
  return name;
}

}  // namespace

std::string_view converter_name(std::string_view label) {
  label = trim(label);
  if (label.size() > longest_label) {
    return {};
  }
  std::array<char, longest_label + 1> lower{};
  std::transform(label.begin(), label.end(), lower.begin(), [](char c) { return to_lower(c); });
  const std::string_view key(lower.data(), label.size());
  if (key.empty()) {
    return "ASCII";
  }
  const auto* found = std::lower_bound(labels.begin(), labels.end(), key,
                                       [](const Label& a, std::string_view b) { return a.label < b; });
  if (found != labels.end() && found->label == key) {
    return found->converter;
  }
  if (const std::string_view name = loose_name(key); !name.empty()) {
    return name;
  }
  return is_plain_name(key) ? icu_name(lower.data()) : std::string_view();
}

}  // namespace posthouse::mime
