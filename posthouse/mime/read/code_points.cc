#include "posthouse/mime/read/code_points.h"

#include <unicode/uchar.h>

namespace posthouse::mime {

bool is_unsafe_to_show(char32_t c) noexcept {
  return (c < 32 && c != '\t') || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

bool is_invisible(char32_t c) noexcept {
  return (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF ||
         c == 0xAD || c == 0x180E || (c >= 0xE0000 && c <= 0xE007F);
}

std::size_t columns_of(char32_t c) noexcept {
  if (c < 0x300) {
    return 1;
  }
  const auto code = static_cast<UChar32>(c);
  const int category = u_charType(code);
  if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || category == U_FORMAT_CHAR) {
    return 0;
  }
  const int width = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

}  // namespace posthouse::mime
