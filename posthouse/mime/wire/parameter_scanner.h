#pragma once
// Splits "value; name=value; …" without decoding anything. Private to this module.
#include <cstddef>
#include <string_view>

namespace posthouse::mime {

/// One parameter as written.
struct RawParameter {
  std::string_view name{};   ///< Without white space around it; may have RFC 2231's "*" marks.
  std::string_view value{};  ///< Quoted: what is between the quotes, escapes and folds still there. Else trimmed.
  bool quoted = false;
  bool well_formed = true;  ///< It follows RFC 2045 section 5.1.
  std::size_t at = 0;       ///< Index of the name in the field's value.
};

/// Walks over a field's value once, from left to right. Linear.
class ParameterScanner {
 public:
  explicit ParameterScanner(std::string_view value) noexcept;

  /// What stands before the first parameter, without comments at its ends: " text/plain (a comment) ; …" gives
  /// "text/plain".
  std::string_view value() const noexcept { return head_; }
  /// The next parameter; false when there are no more.
  bool next(RawParameter& parameter) noexcept;

 private:
  void read_quoted_value(RawParameter& parameter) noexcept;
  void read_plain_value(RawParameter& parameter) noexcept;

  std::string_view text_;
  std::string_view head_{};
  std::size_t at_ = 0;
};

/// The lower-case media type of a Content-Type value, written to `buffer`; empty when it is not one word, "/", one
/// word. The view points into `buffer`.
std::string_view media_type(std::string_view head, char (&buffer)[128]) noexcept;

}  // namespace posthouse::mime
