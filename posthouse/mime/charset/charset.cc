#include "posthouse/mime/charset/charset.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset_labels.h"

namespace posthouse::mime {
namespace {

// Where windows-1252 differs from Latin-1.
constexpr std::array<std::uint16_t, 32> windows_1252_80_9f = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

// ISO-8859-16, which ICU lacks, from A0 on.
constexpr std::array<std::uint16_t, 96> iso_8859_16_a0 = {
    0x00A0, 0x0104, 0x0105, 0x0141, 0x20AC, 0x201E, 0x0160, 0x00A7, 0x0161, 0x00A9, 0x0218, 0x00AB, 0x0179, 0x00AD,
    0x017A, 0x017B, 0x00B0, 0x00B1, 0x010C, 0x0142, 0x017D, 0x201D, 0x00B6, 0x00B7, 0x017E, 0x010D, 0x0219, 0x00BB,
    0x0152, 0x0153, 0x0178, 0x017C, 0x00C0, 0x00C1, 0x00C2, 0x0102, 0x00C4, 0x0106, 0x00C6, 0x00C7, 0x00C8, 0x00C9,
    0x00CA, 0x00CB, 0x00CC, 0x00CD, 0x00CE, 0x00CF, 0x0110, 0x0143, 0x00D2, 0x00D3, 0x00D4, 0x0150, 0x00D6, 0x015A,
    0x0170, 0x00D9, 0x00DA, 0x00DB, 0x00DC, 0x0118, 0x021A, 0x00DF, 0x00E0, 0x00E1, 0x00E2, 0x0103, 0x00E4, 0x0107,
    0x00E6, 0x00E7, 0x00E8, 0x00E9, 0x00EA, 0x00EB, 0x00EC, 0x00ED, 0x00EE, 0x00EF, 0x0111, 0x0144, 0x00F2, 0x00F3,
    0x00F4, 0x0151, 0x00F6, 0x015B, 0x0171, 0x00F9, 0x00FA, 0x00FB, 0x00FC, 0x0119, 0x021B, 0x00FF};

template <class Map>
void append_single_octets(std::string& out, std::string_view octets, const Map& map) {
  std::size_t copied = 0;
  for (std::size_t at = skip_ascii(octets, 0); at < octets.size(); at = skip_ascii(octets, at)) {
    out.append(octets.substr(copied, at - copied));
    append_code_point(out, map(static_cast<unsigned char>(octets[at])));
    copied = ++at;
  }
  out.append(octets.substr(copied));
}

// Open converters of this thread. Strangers choose the charsets, so only so many are kept.
class Converters {
 public:
  Converters() = default;
  Converters(const Converters&) = delete;
  Converters& operator=(const Converters&) = delete;
  ~Converters() {
    for (const Entry& entry : entries_) {
      ucnv_close(entry.converter);
    }
  }

  UConverter* get(std::string_view name) {
    for (const Entry& entry : entries_) {
      if (entry.name == name) {
        return entry.converter;
      }
    }
    UErrorCode error = U_ZERO_ERROR;
    UConverter* converter = ucnv_open(std::string(name).c_str(), &error);
    if (U_FAILURE(error)) {
      return nullptr;
    }
    if (entries_.size() < kept) {
      entries_.push_back({name, converter});
    } else {
      ucnv_close(entries_[next_].converter);
      entries_[next_] = {name, converter};
      next_ = (next_ + 1) % kept;
    }
    return converter;
  }

 private:
  static constexpr std::size_t kept = 16;
  struct Entry {
    std::string_view name;
    UConverter* converter;
  };
  std::vector<Entry> entries_{};
  std::size_t next_ = 0;
};

// ICU's own callback writes U+001A for some converters; a reader shall see U+FFFD.
void replace_invalid(const void* context, UConverterToUnicodeArgs* args, const char*, int32_t,
                     UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) {
    return;
  }
  *static_cast<bool*>(const_cast<void*>(context)) = true;  // the pointer given to ucnv_setToUCallBack below
  *error = U_ZERO_ERROR;
  constexpr UChar replacement = 0xFFFD;
  ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
}

// Appends UTF-16. `high` keeps a leading surrogate between two calls.
void append_utf16(std::string& out, const UChar* begin, const UChar* end, char16_t& high) {
  const std::size_t before = out.size();
  out.resize(before + (static_cast<std::size_t>(end - begin) + 1) * 3);  // 1: `high` may stand alone
  char* to = out.data() + before;
  const auto put = [&](std::initializer_list<char32_t> octets) {
    for (const char32_t octet : octets) {
      *to++ = static_cast<char>(octet);
    }
  };
  const auto tail = [](char32_t bits) { return 0x80U | (bits & 0x3FU); };
  const auto put_three = [&](char32_t c) { put({0xE0U | c >> 12, tail(c >> 6), tail(c)}); };
  for (; begin != end; ++begin) {
    const char32_t c = *begin;
    if (high != 0 && (c & 0xFC00U) == 0xDC00U) {
      const char32_t whole = 0x10000U + ((high & 0x3FFU) << 10) + (c & 0x3FFU);
      put({0xF0U | whole >> 18, tail(whole >> 12), tail(whole >> 6), tail(whole)});
      high = 0;
      continue;
    }
    if (high != 0) {
      put_three(0xFFFD);
    }
    high = 0;
    if (c < 0x80) {
      *to++ = static_cast<char>(c);
    } else if (c < 0x800) {
      put({0xC0U | c >> 6, tail(c)});
    } else if ((c & 0xFC00U) == 0xD800U) {
      high = static_cast<char16_t>(c);
    } else {
      put_three((c & 0xFC00U) == 0xDC00U ? 0xFFFD : c);
    }
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

// True when something had no meaning.
bool append_by_icu(std::string& out, std::string_view octets, UConverter* converter) {
  bool lossy = false;
  UErrorCode error = U_ZERO_ERROR;
  ucnv_reset(converter);
  ucnv_setToUCallBack(converter, replace_invalid, &lossy, nullptr, nullptr, &error);
  const char* source = octets.data();
  const char* const end = source + octets.size();
  std::array<UChar, 2048> buffer{};
  char16_t high = 0;
  do {
    error = U_ZERO_ERROR;
    UChar* target = buffer.data();
    ucnv_toUnicode(converter, &target, buffer.data() + buffer.size(), &source, end, nullptr, 1, &error);
    append_utf16(out, buffer.data(), target, high);
  } while (error == U_BUFFER_OVERFLOW_ERROR);
  if (high != 0) {
    out.append(replacement_character);
  }
  return lossy || U_FAILURE(error) || high != 0;
}

// Names of the byte orders a byte order mark says; it is cut off.
std::string_view utf16_by_mark(std::string_view& octets) {
  if (octets.starts_with("\xFE\xFF")) {
    octets.remove_prefix(2);
    return "UTF-16BE";
  }
  if (octets.starts_with("\xFF\xFE")) {
    octets.remove_prefix(2);
    return "UTF-16LE";
  }
  // Without a mark: the zeros of ASCII characters come first in big-endian text. Else what browsers take it for.
  constexpr std::size_t looked_at = 512;
  std::size_t zeros[2] = {0, 0};
  for (std::size_t i = 0; i < octets.size() && i < looked_at; ++i) {
    zeros[i % 2] += octets[i] == 0 ? 1U : 0U;
  }
  return zeros[0] > zeros[1] ? "UTF-16BE" : "UTF-16LE";
}

// True when something had to be replaced.
bool append_as_utf8(std::string& out, std::string_view octets) {
  if (is_valid_utf8(octets)) {  // by vectors
    out.append(octets);
    return false;
  }
  return append_repaired_utf8(out, octets);
}

// True when lossy. `name` is from converter_name().
bool append_converted(std::string& out, std::string_view octets, std::string_view name) {
  if (name == "UTF-8") {
    return append_as_utf8(out, octets);
  }
  if (name == "ASCII") {
    append_single_octets(out, octets,
                         [](unsigned char c) -> char32_t { return c < 0xA0 ? windows_1252_80_9f[c - 0x80U] : c; });
    return false;
  }
  if (name == "ISO-8859-16") {
    append_single_octets(out, octets,
                         [](unsigned char c) -> char32_t { return c < 0xA0 ? c : iso_8859_16_a0[c - 0xA0U]; });
    return false;
  }
  if (name == "UTF-16") {
    name = utf16_by_mark(octets);
  }
  static thread_local Converters converters;
  UConverter* converter = converters.get(name);
  if (converter == nullptr) {
    return append_as_utf8(out, octets);
  }
  return append_by_icu(out, octets, converter);
}

}  // namespace

std::string_view name_of(CharsetSource source) noexcept {
  constexpr std::array<std::string_view, 5> names = {"declared", "bom", "meta", "detected", "fallback"};
  return names[static_cast<std::size_t>(source)];
}

Text to_utf8(std::string_view octets, std::string_view label) {
  Text text;
  std::string_view name = converter_name(label);
  if (name.empty()) {
    text.known_charset = false;
    name = "UTF-8";
  }
  text.charset = to_lower(trim(label));
  text.utf8.reserve(octets.size());
  text.lossy = append_converted(text.utf8, octets, name);
  return text;
}

bool append_utf8(std::string& out, std::string_view octets, std::string_view label) {
  const std::string_view name = converter_name(label);
  return append_converted(out, octets, name.empty() ? "UTF-8" : name) || name.empty();
}

bool is_known_charset(std::string_view label) {
  return !converter_name(label).empty();
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_as_utf8(out, text);
  return out;
}

}  // namespace posthouse::mime
