#pragma once
// Text of a message on a terminal.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// `text` (any octets) fit for a terminal: UTF-8, LF line ends and tabs kept, other control characters and the marks
/// that turn the direction of writing shown as `\u{…}`, so that a message can neither play with the terminal nor pretend
/// to be another. Linear time.
std::string terminal_text(std::string_view text);
/// The same for text that must stay on one line: line ends are shown as `\u{…}` too.
std::string terminal_line(std::string_view text);

/// Columns a line of UTF-8 takes on a terminal: wide characters (UAX #11) count twice, combining ones not.
std::size_t terminal_columns(std::string_view line) noexcept;

/// Where to break a line of UTF-8 so that its beginning takes at most `columns` (at least 1): behind a blank where
/// there is one in the second half, else between characters; line.size() when all of it fits. Never 0 for a line that
/// is not empty.
std::size_t terminal_break(std::string_view line, std::size_t columns) noexcept;

}  // namespace posthouse::mime
