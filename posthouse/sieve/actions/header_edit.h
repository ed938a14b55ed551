#pragma once
// What a script does to a message's header (RFC 5293), as a list that can be done again.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::sieve {

/// One change. Fields are counted in the header as it is when this change is made.
struct HeaderEdit {
  /// The whole field that is added, its line end included; empty: a field is deleted.
  std::string added{};
  /// The field, from 0, before which it is added (the number of fields: behind all), or which is deleted.
  std::size_t index = 0;

  friend bool operator==(const HeaderEdit&, const HeaderEdit&) = default;
};

/// Makes one change in `header`: fields and the empty line behind them, or the beginning of a message. What names a field
/// that is not there does nothing.
void apply_edit(const HeaderEdit& edit, std::string& header);
/// A whole message with the changes made; its body is copied as it is.
std::string apply_edits(std::span<const HeaderEdit> edits, std::string_view message);

/// A field "Name: value" with CRLF, folded at blanks where lines would have more than 76 octets; line ends within the
/// value become folds. Words outside ASCII stay UTF-8 (RFC 6532).
std::string make_field(std::string_view name, std::string_view value);

}  // namespace posthouse::sieve
