#include "posthouse/mailauth/wire/body_scan.h"

namespace posthouse::mailauth {
namespace {

bool is_line_end_octet(char c) noexcept {
  return c == '\r' || c == '\n';
}

}  // namespace

std::size_t unchanged_octets(std::string_view body, std::size_t at, Canonicalization form) noexcept {
  const bool relaxed = form == Canonicalization::relaxed;
  std::size_t i = at;
  for (; i + 1 < body.size(); ++i) {
    const char a = body[i];
    const char b = body[i + 1];
    if (static_cast<unsigned char>(a) > ' ' && b != '\n') {
      continue;
    }
    if (relaxed && (a == '\t' || (a == ' ' && (b == ' ' || b == '\t' || is_line_end_octet(b))))) {
      return i - at;
    }
    if (a == '\r' && b != '\n') {
      return i - at;
    }
    if ((b == '\n' && a != '\r') || (a == '\n' && is_line_end_octet(b))) {
      return i + 1 - at;
    }
  }
  const char last = body.back();
  const bool open = last == '\r' || (relaxed && (last == ' ' || last == '\t'));
  return body.size() - (open ? 1 : 0) - at;
}

}  // namespace posthouse::mailauth
