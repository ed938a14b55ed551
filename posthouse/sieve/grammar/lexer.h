#pragma once
// Scripts taken apart into tokens (RFC 5228 section 8.1).
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/sieve/grammar/diagnostic.h"
#include "posthouse/sieve/grammar/limits.h"

namespace posthouse::sieve {

enum class TokenKind : std::uint8_t {
  end,
  identifier,
  tag,
  number,
  string,
  semicolon,
  comma,
  open_bracket,
  close_bracket,
  open_parenthesis,
  close_parenthesis,
  open_brace,
  close_brace,
  garbage,  ///< Characters that begin no token; the lexer has told of them.
  error     ///< A token that is broken; the lexer has told of it.
};
/// For people: "a string", "'{'".
std::string_view name_of(TokenKind kind) noexcept;

struct Token {
  TokenKind kind = TokenKind::end;
  Position at{};
  std::string text{};        ///< An identifier or a tag in lower case, without ":"; a string's content.
  std::uint64_t number = 0;  ///< With its quantifier multiplied.
};

/// Reads tokens one after the other; comments and white space are skipped. Linear; what is wrong goes to `diagnostics`.
/// Line ends within strings become CRLF, so that texts of mail compare whatever the script's own line ends are.
class Lexer {
 public:
  Lexer(std::string_view script, const Limits& limits, Diagnostics& diagnostics) noexcept
      : text_(script), limits_(limits), diagnostics_(diagnostics) {}

  /// The next token; the end again and again.
  Token next();

 private:
  bool skip_blanks();
  bool skip_comment();
  Token quoted(Token token);
  Token multi_line(Token token);
  Token word(Token token);
  Token digits(Token token);
  Token broken(Token token, std::string text);
  void advance() noexcept;
  Position here() const noexcept { return {line_, static_cast<std::uint32_t>(at_ - line_begin_ + 1)}; }

  std::string_view text_;
  const Limits& limits_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  std::uint32_t line_ = 1;
  TokenKind last_ = TokenKind::end;
};

}  // namespace posthouse::sieve
