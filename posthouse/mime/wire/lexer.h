#pragma once
// What the readers of header fields share. Not for users of the module.
//
// Nothing here recurses: comments nest to any depth, and an attacker writes as many "(" as he likes.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// Lines of a text, without their LF or CRLF.
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) noexcept : text_(text) {}
  bool done() const noexcept { return at_ >= text_.size(); }
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

/// `at` is that of a "(": the index behind the ")" that closes it, or value.size() when none does. Linear.
std::size_t skip_comment(std::string_view value, std::size_t at) noexcept;
/// The index of the first octet at or after `at` that is neither white space nor in a comment (RFC 5322 CFWS).
std::size_t skip_cfws(std::string_view value, std::size_t at) noexcept;
/// `at` is that of a '"': appends the content, quotes, backslashes and line ends removed, to `out` (if given); the
/// index behind the closing quote, or value.size() when there is none.
std::size_t read_quoted(std::string_view value, std::size_t at, std::string* out);

/// The first run of octets that are no white space, ";" or comment.
std::string first_word(std::string_view value);
/// The index of the first CR or LF at or after `at`; npos when there is none.
std::size_t find_cr_or_lf(std::string_view value, std::size_t at = 0) noexcept;
/// Appends `value` without CR and LF.
void append_unfolded(std::string& out, std::string_view value);
/// The text in `comment`, which begins with "(": without the outer parentheses, backslashes removed.
std::string comment_text(std::string_view comment);

/// The value of a hexadecimal digit in either case; -1 for any other character.
int hex_value(char c) noexcept;
/// Appends `text` with "%XX" made octets, without CR and LF; a "%" without two digits stays.
void append_percent_decoded(std::string& out, std::string_view text);

/// True for a character of an RFC 2045 token or RFC 5322 atom that is none of the "specials".
bool is_token_char(char c) noexcept;

}  // namespace posthouse::mime
