#include "posthouse/sieve/grammar/lexer.h"

#include <limits>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"

namespace posthouse::sieve {
namespace {

constexpr std::string_view marks = ";,[](){}";

constexpr bool begins_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool continues_word(char c) noexcept {
  return begins_word(c) || is_digit(c);
}

TokenKind mark_kind(std::size_t index) noexcept {
  return static_cast<TokenKind>(static_cast<std::size_t>(TokenKind::semicolon) + index);
}

unsigned quantifier_bits(char c) noexcept {
  switch (to_lower(c)) {
    case 'k':
      return 10;
    case 'm':
      return 20;
    case 'g':
      return 30;
    default:
      return 0;
  }
}

}  // namespace

std::string_view name_of(TokenKind kind) noexcept {
  static constexpr std::string_view names[] = {"the end of the script",
                                               "an identifier",
                                               "a tag",
                                               "a number",
                                               "a string",
                                               "';'",
                                               "','",
                                               "'['",
                                               "']'",
                                               "'('",
                                               "')'",
                                               "'{'",
                                               "'}'",
                                               "unknown characters",
                                               "a broken token"};
  return names[static_cast<std::size_t>(kind)];
}

void Lexer::advance() noexcept {
  if (text_[at_] == '\n') {
    ++line_;
    line_begin_ = at_ + 1;
  }
  ++at_;
}

// False where a comment has no end.
bool Lexer::skip_comment() {
  if (text_[at_] == '#') {
    while (at_ < text_.size() && text_[at_] != '\n') {
      ++at_;
    }
    return true;
  }
  const Position begin = here();
  at_ += 2;
  while (at_ < text_.size()) {
    if (text_.substr(at_, 2) == "*/") {
      at_ += 2;
      return true;
    }
    advance();
  }
  diagnostics_.error(begin, "this comment has no end '*/'");
  return false;
}

bool Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (is_space(text_[at_])) {
      advance();
    } else if (text_[at_] == '#' || text_.substr(at_, 2) == "/*") {
      if (!skip_comment()) {
        return false;
      }
    } else {
      break;
    }
  }
  return true;
}

Token Lexer::broken(Token token, std::string text) {
  diagnostics_.error(token.at, std::move(text));
  token.kind = TokenKind::error;
  token.text.clear();
  return token;
}

Token Lexer::quoted(Token token) {
  token.kind = TokenKind::string;
  ++at_;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
      ++at_;
    }
    if (text_[at_] == '\n' && (token.text.empty() || token.text.back() != '\r')) {
      token.text += '\r';
    }
    token.text += text_[at_];
    advance();
  }
  if (at_ == text_.size()) {
    return broken(std::move(token), "this string has no end '\"'");
  }
  ++at_;
  if (token.text.size() > limits_.string_octets) {
    return broken(std::move(token), fmt::format("this string has more than {} octets", limits_.string_octets));
  }
  return token;
}

// "text:" has been read; the rest of its line holds nothing but a comment (RFC 5228 section 2.4.2).
Token Lexer::multi_line(Token token) {
  token.kind = TokenKind::string;
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) {
    ++at_;
  }
  if (at_ < text_.size() && text_[at_] == '#') {
    (void)skip_comment();
  }
  if (at_ == text_.size() || text_[at_] != '\n') {
    return broken(std::move(token), "'text:' is not followed by the end of its line");
  }
  advance();
  while (at_ < text_.size()) {
    const std::size_t end = text_.find('\n', at_);
    std::string_view line = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    at_ = end == std::string_view::npos ? text_.size() : end;
    if (end != std::string_view::npos) {
      advance();
    }
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line == ".") {
      if (token.text.size() > limits_.string_octets) {
        return broken(std::move(token), fmt::format("this string has more than {} octets", limits_.string_octets));
      }
      return token;
    }
    if (line.starts_with("..")) {
      line.remove_prefix(1);
    }
    token.text.append(line).append("\r\n");
  }
  return broken(std::move(token), "this text has no end: a line that holds nothing but '.'");
}

Token Lexer::word(Token token) {
  const std::size_t begin = at_;
  while (at_ < text_.size() && continues_word(text_[at_])) {
    ++at_;
  }
  token.text = to_lower(text_.substr(begin, at_ - begin));
  if (token.kind == TokenKind::identifier && token.text == "text" && at_ < text_.size() && text_[at_] == ':') {
    ++at_;
    token.text.clear();
    return multi_line(std::move(token));
  }
  if (token.text.size() > limits_.identifier_octets) {
    return broken(std::move(token), fmt::format("this name has more than {} octets", limits_.identifier_octets));
  }
  return token;
}

Token Lexer::digits(Token token) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  token.kind = TokenKind::number;
  bool too_large = false;
  for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
    const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
    too_large = too_large || token.number > (most - digit) / 10;
    token.number = token.number * 10 + digit;
  }
  if (at_ < text_.size() && quantifier_bits(text_[at_]) != 0) {
    const unsigned bits = quantifier_bits(text_[at_++]);
    too_large = too_large || token.number > (most >> bits);
    token.number <<= bits;
  }
  return too_large ? broken(std::move(token), "this number is too large") : token;
}

Token Lexer::next() {
  Token token;
  if (!skip_blanks()) {
    at_ = text_.size();
  }
  token.at = here();
  if (at_ == text_.size()) {
    return token;
  }
  const char c = text_[at_];
  if (const std::size_t mark = marks.find(c); mark != std::string_view::npos) {
    ++at_;
    token.kind = mark_kind(mark);
  } else if (c == '"') {
    token = quoted(std::move(token));
  } else if (is_digit(c)) {
    token = digits(std::move(token));
  } else if (begins_word(c)) {
    token.kind = TokenKind::identifier;
    token = word(std::move(token));
  } else if (c == ':' && at_ + 1 < text_.size() && begins_word(text_[at_ + 1])) {
    ++at_;
    token.kind = TokenKind::tag;
    token = word(std::move(token));
  } else {
    if (last_ != TokenKind::garbage) {
      diagnostics_.error(token.at,
                         fmt::format("unexpected characters starting with '{}'", printable(text_.substr(at_, 1))));
    }
    ++at_;
    token.kind = TokenKind::garbage;
  }
  last_ = token.kind;
  return token;
}

}  // namespace posthouse::sieve
