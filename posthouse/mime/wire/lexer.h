#pragma once
// What the readers of header fields share. Private to this module.
//
// Nothing here recurses: comments nest to any depth, and an attacker writes as many "(" as he likes.
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace posthouse::mime {

/// Lines of a text, without their LF or CRLF.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) noexcept : text_(text) {}
  bool done() const noexcept { return at_ >= text_.size(); }
  /// Where the next line begins.
  std::size_t at() const noexcept { return at_; }
  /// The next line becomes the one that begins at `at`.
  void go_to(std::size_t at) noexcept { at_ = at; }
  std::string_view next() noexcept {
    const std::size_t newline = text_.find('\n', at_);
    std::size_t end = newline == std::string_view::npos ? text_.size() : newline;
    const std::size_t begin = at_;
    at_ = newline == std::string_view::npos ? text_.size() : newline + 1;
    if (newline != std::string_view::npos && end > begin && text_[end - 1] == '\r') {
      --end;
    }
    return text_.substr(begin, end - begin);
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// True for A–Z and a–z.
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// True for space and tab: RFC 5322 WSP.
constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
/// True for a character of an RFC 2045 token or RFC 5322 atom that is none of the "specials".
bool is_token_char(char c) noexcept;

/// The index behind the ")" that closes the "(" at value[at], or value.size() when none does. Linear.
std::size_t skip_comment(std::string_view value, std::size_t at) noexcept;
/// The index of the first octet at or after `at` that is neither white space nor in a comment (RFC 5322 CFWS).
std::size_t skip_cfws(std::string_view value, std::size_t at) noexcept;
/// Appends the content of the quoted string at value[at], which is '"', to `out` (if given): without quotes,
/// backslashes and line ends. Returns the index behind the closing quote, or value.size() when there is none.
std::size_t read_quoted(std::string_view value, std::size_t at, std::string* out);
/// Appends `content`, which stood in quotes or in a comment, without backslashes and line ends.
void append_unescaped(std::string& out, std::string_view content);
/// The text in `comment`, which begins with "(": without the outer parentheses, backslashes removed.
std::string comment_text(std::string_view comment);
/// `text` in quotes, with a backslash before each quote and backslash (RFC 5322 section 3.2.4).
std::string quoted_string(std::string_view text);

/// The first run of octets that are no white space, ";" or comment.
std::string first_word(std::string_view value);
/// The index of the first CR or LF at or after `at`; npos when there is none.
std::size_t find_cr_or_lf(std::string_view value, std::size_t at = 0) noexcept;
/// Appends `value` without CR and LF.
void append_unfolded(std::string& out, std::string_view value);
/// `text` without space, tab, CR and LF.
std::string without_space(std::string_view text);
/// `text` without the "<" and ">" around it, if both are there.
std::string_view without_angles(std::string_view text) noexcept;

/// All of `digits` as a number; nothing where it is none, or too large.
template <class Number>
std::optional<Number> number_of(std::string_view digits, int base = 10) noexcept {
  Number number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole ? std::optional<Number>(number) : std::nullopt;
}

/// The hexadecimal digits, as mail writes them.
inline constexpr char hex_digits[] = "0123456789ABCDEF";
/// Appends `text` with "%XX" made octets, without CR and LF; a "%" without two digits stays.
void append_percent_decoded(std::string& out, std::string_view text);

}  // namespace posthouse::mime
