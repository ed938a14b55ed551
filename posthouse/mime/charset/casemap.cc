#include "posthouse/mime/charset/casemap.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/uversion.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/characters.h"

namespace posthouse::mime {
namespace {

// Below it every letter may have two cases or accents, and the table knows them; above, few have.
constexpr char32_t table_end = 0x3400;

bool stays(char32_t c) {
  return (c >= table_end && c < 0xA000) || (c >= 0xAC00 && c < 0xD7A4);  // Han, Hangul
}

const UNormalizer2* decomposer() {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* normalizer = unorm2_getNFKDInstance(&error);
  return U_SUCCESS(error) ? normalizer : nullptr;
}

void append_mapped(std::string& out, char32_t c) {
  const UChar32 title = u_totitle(static_cast<UChar32>(c));
  std::array<UChar, 32> units{};
  UErrorCode error = U_ZERO_ERROR;
  static const UNormalizer2* const normalizer = decomposer();
  const int32_t count =
      normalizer == nullptr || stays(static_cast<char32_t>(title))
          ? -1
          : unorm2_getDecomposition(normalizer, title, units.data(), static_cast<int32_t>(units.size()), &error);
  if (count < 0 || U_FAILURE(error)) {
    append_code_point(out, static_cast<char32_t>(title));
    return;
  }
  for (int32_t at = 0; at < count;) {
    UChar32 part = 0;
    U16_NEXT(units.data(), at, count, part);
    append_code_point(out, static_cast<char32_t>(u_totitle(part)));
  }
}

// What the characters below table_end become, one after the other.
class Table {
 public:
  Table() {
    begins_.reserve(table_end + 1);
    for (char32_t c = 0; c < table_end; ++c) {
      begins_.push_back(static_cast<std::uint32_t>(octets_.size()));
      append_mapped(octets_, c);
    }
    begins_.push_back(static_cast<std::uint32_t>(octets_.size()));
  }
  std::string_view operator[](char32_t c) const noexcept {
    return {octets_.data() + begins_[c], begins_[c + 1] - begins_[c]};
  }

 private:
  std::string octets_{};
  std::vector<std::uint32_t> begins_{};
};

}  // namespace

void append_casemapped(std::string& out, std::string_view text) {
  static const Table table;
  out.reserve(out.size() + text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t ascii = skip_ascii(text, at);
    const std::size_t copied = out.size();
    out.append(text.substr(at, ascii - at));
    for (std::size_t i = copied; i < out.size(); ++i) {
      out[i] = to_upper(out[i]);
    }
    at = ascii;
    if (at == text.size()) {
      return;
    }
    const std::size_t length = utf8_sequence(text, at);
    if (length == 0) {
      out += replacement_character;
      at += utf8_bad_length(text, at);
      continue;
    }
    const std::string_view character = text.substr(at, length);
    const char32_t c = code_point(character);
    if (c < table_end) {
      out += table[c];
    } else if (stays(c)) {
      out += character;
    } else {
      append_mapped(out, c);
    }
    at += length;
  }
}

std::string casemapped(std::string_view text) {
  std::string out;
  append_casemapped(out, text);
  return out;
}

std::string casemap_version() {
  UVersionInfo version{};
  u_getUnicodeVersion(version);
  std::array<char, U_MAX_VERSION_STRING_LENGTH> text{};
  u_versionToString(version, text.data());
  return "1.unicode " + std::string(text.data());
}

}  // namespace posthouse::mime
