#include "posthouse/mime/fields/parameter_writer.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/utf8.h"
#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

// Printable ASCII that nobody takes for an encoded word.
bool is_plain_text(std::string_view value) {
  return value.find("=?") == std::string_view::npos &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= 32 && c < 127; });
}

bool is_attribute_char(char c) {  // RFC 2231 section 7, RFC 5987
  return is_token_char(c) && c != '*' && c != '\'' && c != '%';
}

std::string percent_encoded(std::string_view octets) {
  std::string out;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    if (is_attribute_char(c)) {
      out += c;
    } else {
      out += {'%', hex_digits[octet >> 4], hex_digits[octet & 15]};
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> parameter_pieces(std::string_view name, std::string_view value) {
  constexpr std::size_t room = 72;  // a line less a leading blank and a trailing ";", with something to spare
  check_header_text(value);
  if (is_plain_text(value)) {
    std::string piece(name);
    const bool token = !value.empty() && std::all_of(value.begin(), value.end(), is_token_char);
    piece += '=';
    piece += token ? std::string(value) : quoted_string(value);
    if (piece.size() <= room) {
      return {piece};
    }
  }
  const std::string whole = percent_encoded(value);
  if (name.size() + 9 + whole.size() <= room) {
    return {std::string(name) + "*=utf-8''" + whole};
  }
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < value.size();) {
    std::string piece = std::string(name) + '*' + std::to_string(pieces.size()) + "*=";
    if (pieces.empty()) {
      piece += "utf-8''";
    }
    const std::size_t begin = at;
    while (at < value.size()) {
      const std::size_t length = std::max<std::size_t>(utf8_sequence(value, at), 1);
      const std::string next = percent_encoded(value.substr(at, length));
      if (piece.size() + next.size() > room && at > begin) {
        break;
      }
      piece += next;
      at += length;
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

std::string encode_parameter(std::string_view name, std::string_view value) {
  std::string out;
  for (const std::string& piece : parameter_pieces(name, value)) {
    out += ";\r\n " + piece;
  }
  return out;
}

void append_parameters(std::string& header, const std::vector<std::string>& pieces) {
  const std::size_t newline = header.rfind('\n');
  HeaderWriter writer(header, header.size() - (newline == std::string::npos ? 0 : newline + 1));
  // The value before the first parameter is the first token of the line.
  for (const std::string& piece : pieces) {
    header += ';';
    writer.following_token(piece);
  }
  header += "\r\n";
}

std::vector<std::string> pieces_of(const std::vector<Parameter>& parameters) {
  std::vector<std::string> pieces;
  for (const Parameter& parameter : parameters) {
    if (parameter.name.empty() || !std::all_of(parameter.name.begin(), parameter.name.end(), is_token_char)) {
      continue;
    }
    for (std::string& piece : parameter_pieces(parameter.name, parameter.value)) {
      pieces.push_back(std::move(piece));
    }
  }
  return pieces;
}

std::string encoded_word_parameter(std::string_view name, std::string_view value) {
  constexpr std::size_t longest_plain = 450;  // twice that where each octet needs a backslash
  check_header_text(value);
  std::string piece(name);
  if (is_plain_text(value) && value.size() <= longest_plain) {
    return piece.append("=").append(quoted_string(value));
  }
  piece += "=\"";
  HeaderWriter(piece, 1 + piece.size()).encoded_phrase(value);
  return piece + '"';
}

}  // namespace posthouse::mime
