#include "posthouse/mime/compose/parameter_writer.h"

#include <algorithm>
#include <utility>

#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {

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
  piece += "=\"";
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return c >= 32 && c < 127; });
  if (plain && value.size() <= longest_plain && value.find("=?") == std::string_view::npos) {
    for (const char c : value) {
      if (c == '"' || c == '\\') {
        piece += '\\';
      }
      piece += c;
    }
  } else {
    HeaderWriter(piece, 1 + piece.size()).encoded_phrase(value);
  }
  return piece + '"';
}

}  // namespace posthouse::mime
