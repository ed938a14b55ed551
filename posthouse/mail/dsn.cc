#include "posthouse/mail/dsn.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"

namespace posthouse::mail {
namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 4> notify_words{{{"NEVER", Notify::never_bit},
                                                                             {"SUCCESS", Notify::success_bit},
                                                                             {"FAILURE", Notify::failure_bit},
                                                                             {"DELAY", Notify::delay_bit}}};

constexpr bool is_upper_hex(char c) noexcept {
  return is_digit(c) || (c >= 'A' && c <= 'F');
}

/// xchar of RFC 3461 section 4; QCHAR of RFC 6533 section 3 but for "\".
constexpr bool is_xchar(char c) noexcept {
  return c > ' ' && c <= '~' && c != '+' && c != '=';
}

bool is_printable_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// addr-type of RFC 3461 section 4.2, an atom.
bool is_address_type(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '_' || c == '.';
  });
}

/// Takes "\x{HEXPOINT}" off the beginning of `text`; nothing when it is not written as RFC 6533 section 3 has it, or stands
/// for what need not be or must not be in an address.
std::optional<char32_t> take_embedded(std::string_view& text) noexcept {
  const std::size_t end = text.find('}');
  if (!text.starts_with("\\x{") || end == std::string_view::npos || end < 5 || end > 9) {
    return std::nullopt;
  }
  const std::string_view digits = text.substr(3, end - 3);
  char32_t code = 0;
  for (const char c : digits) {
    if (!is_upper_hex(c)) {
      return std::nullopt;
    }
    code = code * 16 + static_cast<char32_t>(hex_value(c));
  }
  const bool padded = digits[0] == '0';
  const bool needed = code == ' ' || code == '+' || code == '=' || code == '\\' || code >= 0xA0;
  if (padded || !needed || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
    return std::nullopt;
  }
  text.remove_prefix(end + 1);
  return code;
}

/// utf-8-addr-xtext, and utf-8-addr-unitext where `utf8`.
std::optional<std::string> decode_unicode_xtext(std::string_view text, bool utf8) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '\\') {
      const auto code = take_embedded(text);
      if (!code) {
        return std::nullopt;
      }
      append_code_point(out, *code);
    } else if (is_xchar(text.front()) || (utf8 && static_cast<unsigned char>(text.front()) >= 0x80)) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      return std::nullopt;
    }
  }
  return out.empty() || !is_utf8(out) ? std::nullopt : std::optional(std::move(out));
}

std::string unicode_xtext(std::string_view address, bool utf8) {
  const std::string valid = repair_utf8(address);
  std::string out;
  for (std::size_t at = 0; at < valid.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_sequence(valid, at), 1);
    const std::string_view character = std::string_view(valid).substr(at, length);
    if (length == 1 && is_xchar(character[0]) && character[0] != '\\') {
      out += character;
    } else if (length == 1) {
      const bool known = character[0] == ' ' || character[0] == '+' || character[0] == '=' || character[0] == '\\';
      out += known ? fmt::format("\\x{{{:02X}}}", static_cast<unsigned>(character[0])) : "?";
    } else if (utf8) {
      out += character;
    } else {
      auto code = static_cast<std::uint32_t>(static_cast<unsigned char>(character[0])) & (0x7FU >> length);
      for (const char c : character.substr(1)) {
        code = (code << 6U) | (static_cast<std::uint32_t>(static_cast<unsigned char>(c)) & 0x3FU);
      }
      out += fmt::format("\\x{{{:X}}}", code);
    }
    at += length;
  }
  return out;
}

}  // namespace

std::optional<Notify> Notify::parse(std::string_view text) noexcept {
  unsigned bits = 0;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const std::string_view word = text.substr(0, comma);
    text.remove_prefix(more ? comma + 1 : text.size());
    const auto known = std::ranges::find_if(notify_words, [&](const auto& one) { return iequals(one.first, word); });
    if (known == notify_words.end() || (bits & (known->second | never_bit)) != 0 ||
        (known->second == never_bit && bits != 0)) {
      return std::nullopt;
    }
    bits |= known->second;
  }
  return Notify(bits);
}

std::string Notify::to_string() const {
  std::string out;
  for (const auto& [word, bit] : notify_words) {
    if ((bits_ & bit) != 0) {
      out.append(out.empty() ? "" : ",").append(word);
    }
  }
  return out;
}

std::string encode_xtext(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out +=
        is_xchar(c) ? std::string(1, c) : fmt::format("+{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '+') {
      if (!is_xchar(text[i])) {
        return std::nullopt;
      }
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !is_upper_hex(text[i + 1]) || !is_upper_hex(text[i + 2])) {
      return std::nullopt;
    }
    out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return out.empty() ? std::nullopt : std::optional(std::move(out));
}

std::optional<std::string> parse_envid(std::string_view value) {
  if (value.size() > longest_envid) {
    return std::nullopt;
  }
  auto text = decode_xtext(value);
  return text && is_printable_ascii(*text) ? text : std::nullopt;
}

std::optional<std::string> parse_orcpt(std::string_view value, bool utf8) {
  const std::size_t semicolon = value.find(';');
  if (value.size() > longest_orcpt || semicolon == std::string_view::npos ||
      !is_address_type(value.substr(0, semicolon))) {
    return std::nullopt;
  }
  const std::string type = to_lower(value.substr(0, semicolon));
  const std::string_view coded = value.substr(semicolon + 1);
  if (type == "utf-8") {
    auto address = decode_unicode_xtext(coded, utf8);
    return address ? std::optional(type + ';' + *address) : std::nullopt;
  }
  auto address = decode_xtext(coded);
  return address && is_printable_ascii(*address) ? std::optional(type + ';' + *address) : std::nullopt;
}

std::string write_orcpt(std::string_view orcpt, bool utf8) {
  const std::size_t semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos) {
    return {};
  }
  const std::string_view type = orcpt.substr(0, semicolon), address = orcpt.substr(semicolon + 1);
  std::string out(type);
  out += ';';
  out += type == "utf-8" ? unicode_xtext(address, utf8) : encode_xtext(address);
  return out.size() <= longest_orcpt ? out : std::string();
}

std::string orcpt_of(std::string_view address) {
  return (is_ascii(address) ? "rfc822;" : "utf-8;") + std::string(address);
}

std::string encode_unicode_xtext(std::string_view address) {
  return unicode_xtext(address, false);
}

}  // namespace posthouse::mail
