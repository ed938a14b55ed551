#include "posthouse/managesieve/wire/strings.h"

#include <algorithm>

#include "posthouse/base/utf8.h"

namespace posthouse::managesieve {
namespace {

constexpr std::size_t max_quoted = 1024;  // RFC 5804 section 4: no quoted string is longer
constexpr std::size_t max_name = 512;     // section 1.6: at least 128 characters have to be possible

bool can_be_quoted(std::string_view text) {
  return text.size() <= max_quoted && is_utf8(text) &&
         text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

void append_literal(std::string& out, std::string_view text, Side side) {
  out.append("{").append(std::to_string(text.size())).append(side == Side::client ? "+}\r\n" : "}\r\n").append(text);
}

void append_string(std::string& out, std::string_view text, Side side) {
  if (!can_be_quoted(text)) {
    return append_literal(out, text, side);
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  out += '"';
}

std::string as_string(std::string_view text, Side side) {
  std::string out;
  append_string(out, text, side);
  return out;
}

bool is_script_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > max_name || !is_utf8(name)) {
    return false;
  }
  const bool ascii_control = std::any_of(name.begin(), name.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7F;
  });
  if (ascii_control || name.find("\xE2\x80\xA8") != std::string_view::npos ||
      name.find("\xE2\x80\xA9") != std::string_view::npos) {
    return false;
  }
  for (std::size_t at = name.find('\xC2'); at != std::string_view::npos; at = name.find('\xC2', at + 1)) {
    if (at + 1 < name.size() && static_cast<unsigned char>(name[at + 1]) < 0xA0) {  // U+0080 to U+009F
      return false;
    }
  }
  return true;
}

}  // namespace posthouse::managesieve
