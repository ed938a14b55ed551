#include "posthouse/mime/wire/line_ends.h"

#include <algorithm>

namespace posthouse::mime {

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    out.append(text.substr(at, end - at));
    if (end == text.size()) {
      break;
    }
    out.append("\r\n");
    at = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  return out;
}

std::string with_lf(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    out.append(text.substr(at, end - at));
    if (end == text.size()) {
      break;
    }
    out += '\n';
    at = end + 2;
  }
  return out;
}

}  // namespace posthouse::mime
