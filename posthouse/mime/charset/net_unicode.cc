#include "posthouse/mime/charset/net_unicode.h"

#include <cstdint>

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "posthouse/base/text.h"

namespace posthouse::mime {
namespace {

// C0, DEL, C1, and the line and paragraph separators.
bool is_forbidden(UChar32 c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

}  // namespace

std::optional<std::string> net_unicode(std::string_view text) {
  const auto length = static_cast<std::int64_t>(text.size());
  for (std::int64_t at = 0; at < length;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), at, length, c);
    if (is_forbidden(c)) {  // below 0: not UTF-8
      return std::nullopt;
    }
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
