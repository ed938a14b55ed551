#include "posthouse/sieve/compile/string_reader.h"

#include <algorithm>
#include <cstdint>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/sieve/language/names.h"

namespace posthouse::sieve {
namespace {

enum class Decoded : std::uint8_t { good, verbatim, wrong };

// The numbers between "${hex:" and "}".
Decoded decode_numbers(std::string_view text, bool unicode, std::string& out) {
  bool some = false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    std::size_t digits = 0;
    std::uint32_t value = 0;
    for (; i < text.size() && hex_value(text[i]) >= 0; ++i, ++digits) {
      value = std::min<std::uint32_t>(value, 0x0FFF'FFFF) * 16 + static_cast<std::uint32_t>(hex_value(text[i]));
    }
    if (digits == 0 || (!unicode && digits > 2)) {
      return Decoded::verbatim;
    }
    if (i < text.size() && !is_space(text[i])) {
      return Decoded::verbatim;
    }
    if (!unicode) {
      out += static_cast<char>(value);
    } else if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
      return Decoded::wrong;
    } else {
      append_code_point(out, value);
    }
    some = true;
  }
  return some ? Decoded::good : Decoded::verbatim;
}

bool is_number_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_digit);
}

bool is_reference(std::string_view name) {
  if (is_number_name(name)) {
    return true;
  }
  const auto parts = split(name, '.');
  // Namespaces are names; behind them numbers may stand.
  return is_variable_name(parts.front()) && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return is_variable_name(part) || is_number_name(part);
         });
}

void append_literal(Text& out, std::string_view text) {
  if (text.empty()) {
    return;
  }
  if (out.pieces.empty() || out.pieces.back().kind != Piece::Kind::literal) {
    out.pieces.push_back({});
  }
  out.pieces.back().text.append(text);
}

}  // namespace

bool decode_characters(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = text.find("${", at);
    out.append(text.substr(at, mark == std::string_view::npos ? mark : mark - at));
    if (mark == std::string_view::npos) {
      break;
    }
    const std::string_view rest = text.substr(mark + 2);
    const bool hex = istarts_with(rest, "hex:");
    const std::size_t name = hex ? 4 : 8;
    const std::size_t end = hex || istarts_with(rest, "unicode:") ? rest.find('}') : std::string_view::npos;
    if (end != std::string_view::npos) {
      std::string decoded;
      const Decoded how = decode_numbers(rest.substr(name, end - name), !hex, decoded);
      if (how == Decoded::wrong) {
        return false;
      }
      if (how == Decoded::good) {
        out += decoded;
        at = mark + 2 + end + 1;
        continue;
      }
    }
    out += '$';  // not even a "{" behind it is passed over: "${hex:4${hex:30}}"
    at = mark + 1;
  }
  return true;
}

bool cut_variables(std::string_view text, const std::function<bool(std::string_view name, Piece& piece)>& resolve,
                   Text& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = text.find("${", at);
    append_literal(out, text.substr(at, mark == std::string_view::npos ? mark : mark - at));
    if (mark == std::string_view::npos) {
      break;
    }
    const std::size_t end = text.find_first_of("}${", mark + 2);
    const bool closed = end != std::string_view::npos && text[end] == '}';
    const std::string_view name = closed ? text.substr(mark + 2, end - mark - 2) : std::string_view();
    if (!is_reference(name)) {
      append_literal(out, "$");
      at = mark + 1;
      continue;
    }
    Piece piece;
    if (!resolve(name, piece)) {
      return false;
    }
    if (piece.kind == Piece::Kind::literal) {
      append_literal(out, piece.text);
    } else {
      out.pieces.push_back(std::move(piece));
    }
    at = end + 1;
  }
  return true;
}

}  // namespace posthouse::sieve
