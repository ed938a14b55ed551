#pragma once
// Finds encoded words. Private to this module.
#include <cstddef>
#include <optional>
#include <string_view>

#include "posthouse/base/text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {

/// An encoded word taken apart, nothing decoded.
///
///     encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
///
/// RFC 2047 section 2, RFC 2231 section 5.
struct EncodedWord {
  std::string_view charset{};
  char encoding = 'Q';  ///< 'Q' or 'B'
  std::string_view text{};
  std::size_t end = 0;  ///< index behind the word
};

/// Reads encoded words out of one value. Calls of read() with rising positions take linear time together: the next "?="
/// is looked for once.
class EncodedWordReader {
 public:
  explicit EncodedWordReader(std::string_view value) noexcept : value_(value) {}

  /// The word at value[at], where "=?" is; nothing if there is none.
  std::optional<EncodedWord> read(std::size_t at) noexcept {
    EncodedWord word;
    const std::size_t begin = at + 2;
    const std::size_t question = end_of_charset(begin);
    if (question == std::string_view::npos) {
      return std::nullopt;
    }
    word.charset = value_.substr(begin, question - begin);
    word.charset = word.charset.substr(0, word.charset.find('*'));
    word.encoding = to_upper(value_[question + 1]);
    const std::size_t text = question + 3;
    const std::size_t end = find_end(text);
    if (end == std::string_view::npos) {
      unterminated_ = true;
      return std::nullopt;
    }
    word.text = value_.substr(text, end - text);
    word.end = end + 2;
    // RFC 2047 section 2 allows no "?" inside. Many send it all the same; but where another word begins, this one has
    // no end.
    for (std::size_t inner = word.text.find("=?"); inner != std::string_view::npos;
         inner = word.text.find("=?", inner + 1)) {
      if (!starts_word(text + inner)) {
        continue;
      }
      unterminated_ = true;
      return std::nullopt;
    }
    return word;
  }

  /// True when read() met the beginning of a word that never ends.
  bool unterminated() const noexcept { return unterminated_; }

 private:
  bool starts_word(std::size_t at) const noexcept { return end_of_charset(at + 2) != std::string_view::npos; }

  // Index of the "?" behind a charset at value[begin], if "?Q?" or "?B?" is what follows; else npos.
  std::size_t end_of_charset(std::size_t begin) const noexcept {
    constexpr std::size_t longest_charset = 80;
    std::size_t i = begin;
    while (i < value_.size() && i - begin <= longest_charset && (is_token_char(value_[i]) || value_[i] == ':')) {
      ++i;
    }
    if (i == begin || i + 2 >= value_.size() || value_[i] != '?' || value_[i + 2] != '?') {
      return std::string_view::npos;
    }
    const char encoding = to_upper(value_[i + 1]);
    return encoding == 'Q' || encoding == 'B' ? i : std::string_view::npos;
  }

  std::size_t find_end(std::size_t from) noexcept {
    if (!searched_ || (next_end_ != std::string_view::npos && next_end_ < from)) {
      next_end_ = value_.find("?=", from);
    }
    searched_ = true;
    return next_end_;
  }

  std::string_view value_;
  std::size_t next_end_ = 0;
  bool searched_ = false;
  bool unterminated_ = false;
};

}  // namespace posthouse::mime
