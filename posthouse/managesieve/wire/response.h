#pragma once
// What a server answers. Private to this module.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/managesieve/wire/sentence_reader.h"

namespace posthouse::managesieve {

/// One response (RFC 5804 sections 1.2 and 1.3): data, or the outcome of a command.
struct Response {
  enum class Kind : std::uint8_t { data, ok, no, bye };
  Kind kind = Kind::data;
  std::vector<Token> data{};  ///< Of `data`: it begins with a string.
  std::string code{};         ///< The response code in upper case ("QUOTA/MAXSIZE"); empty: none.
  std::string code_value{};   ///< What stands behind it in the parentheses, when it is a string.
  std::string text{};         ///< For people; may be empty.
};

/// The response of these tokens, which are moved from; nothing when they are none.
std::optional<Response> parse_response(std::vector<Token>& tokens);

}  // namespace posthouse::managesieve
