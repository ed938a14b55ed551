#include "posthouse/managesieve/wire/response.h"

#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::managesieve {
namespace {

std::optional<Response::Kind> outcome_of(const Token& token) {
  if (token.kind == Token::Kind::atom) {
    if (iequals(token.text, "OK")) {
      return Response::Kind::ok;
    }
    if (iequals(token.text, "NO")) {
      return Response::Kind::no;
    }
    if (iequals(token.text, "BYE")) {
      return Response::Kind::bye;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Response> parse_response(std::vector<Token>& tokens) {
  if (tokens.empty()) {
    return std::nullopt;
  }
  Response response;
  if (tokens.front().is_string()) {
    response.data = std::move(tokens);
    tokens.clear();
    return response;
  }
  const auto kind = outcome_of(tokens.front());
  if (!kind) {
    return std::nullopt;
  }
  response.kind = *kind;
  std::size_t at = 1;
  if (at < tokens.size() && tokens[at].kind == Token::Kind::open) {
    if (++at == tokens.size() || tokens[at].kind != Token::Kind::atom) {
      return std::nullopt;
    }
    response.code = to_upper(tokens[at++].text);
    if (at < tokens.size() && tokens[at].is_string()) {
      response.code_value = std::move(tokens[at++].text);
    }
    // Codes to come may have more behind them (RFC 5804 section 4, ext-resp-code-data).
    std::size_t depth = 1;
    for (; at < tokens.size() && depth > 0; ++at) {
      depth += tokens[at].kind == Token::Kind::open ? 1 : 0;
      depth -= tokens[at].kind == Token::Kind::close ? 1 : 0;
    }
    if (depth > 0) {
      return std::nullopt;
    }
  }
  if (at < tokens.size() && tokens[at].is_string()) {
    response.text = std::move(tokens[at++].text);
  }
  return at == tokens.size() ? std::optional(std::move(response)) : std::nullopt;
}

}  // namespace posthouse::managesieve
