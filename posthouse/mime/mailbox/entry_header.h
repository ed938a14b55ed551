#pragma once
// The header of an entry as the forms with Content-Length see it: its lines up to the first empty one, whether they are
// fields or not. Reader and writer both use it, and so agree where the length stands. Private to this module.
#include <cstddef>
#include <optional>
#include <string_view>

namespace posthouse::mime {

/// The line at `at`, without its LF.
std::string_view line_at(std::string_view text, std::size_t at) noexcept;
/// Where the line after the one at `at` begins.
std::size_t after_line(std::string_view text, std::size_t at) noexcept;
/// Octets of an empty line at `at`: 1, 2, or 0 where there is none.
std::size_t empty_line(std::string_view text, std::size_t at) noexcept;

/// The value of a Content-Length field that begins in this line; a folded value is none.
std::optional<std::string_view> content_length(std::string_view line) noexcept;

/// Where a header ends, and the length in it.
struct EntryHeader {
  std::size_t body = 0;                         ///< Behind the empty line, or at the "From " line the header ends at.
  std::optional<std::string_view> length = {};  ///< Of the first Content-Length.
};
/// The header that begins at `at`.
EntryHeader entry_header(std::string_view text, std::size_t at) noexcept;

}  // namespace posthouse::mime
