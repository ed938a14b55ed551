#include "posthouse/mime/charset/net_unicode.h"

#include <cstddef>

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"

namespace posthouse::mime {
namespace {

/// C0, DEL, C1, and the line and paragraph separators, at `at` of a text in UTF-8.
bool is_forbidden(std::string_view text, std::size_t at) {
  const auto octet = static_cast<unsigned char>(text[at]);
  if (octet == 0xC2) {
    return static_cast<unsigned char>(text[at + 1]) < 0xA0;
  }
  const std::string_view three = text.substr(at, 3);
  return octet < 0x20 || octet == 0x7F || three == "\u2028" || three == "\u2029";
}

}  // namespace

std::optional<std::string> net_unicode(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence(text, at);
    if (length == 0 || is_forbidden(text, at)) {
      return std::nullopt;
    }
    at += length;
  }
  if (is_ascii(text)) {
    return std::string(text);
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) {
    return std::nullopt;
  }
  const icu::UnicodeString source =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  const icu::UnicodeString result = form->normalize(source, status);
  if (U_FAILURE(status)) {
    return std::nullopt;
  }
  std::string out;
  result.toUTF8String(out);
  return out;
}

}  // namespace posthouse::mime
