#pragma once
// text/plain; format=flowed (RFC 3676), read and written.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// A paragraph that a sender broke into lines, in one piece again, or a line that was not to be joined.
struct FlowedParagraph {
  std::size_t quote_depth = 0;  ///< How many ">" stood before it.
  std::string text{};           ///< Without quote marks, stuffed spaces and line ends.

  friend bool operator==(const FlowedParagraph&, const FlowedParagraph&) = default;
};

/// Takes decoded text with LF or CRLF line ends apart (RFC 3676 section 4). `delsp` is the parameter DelSp=yes: the
/// space at the end of a flowed line goes too. A signature's "-- " is a line of its own. Never throws; linear time.
std::vector<FlowedParagraph> parse_flowed(std::string_view text, bool delsp = false);

/// The same as text with LF line ends, one paragraph a line, each ">" of the quote depth before it: "> > x" is ">> x".
std::string unflow(std::string_view text, bool delsp = false);

/// Text as format=flowed has it, DelSp=no: each line of `text` (LF, CRLF or CR line ends) is a paragraph, broken behind
/// blanks where it is longer than `width` characters, so that unflow() gives it back. Blanks at line ends go, except
/// those of a signature's "-- "; lines that begin with a blank or "From " get a stuffed space (section 4.4). Lines that
/// begin with ">" are quoted ones and stay as they are, however long. LF line ends. `text` must be UTF-8.
std::string flow(std::string_view text, std::size_t width = 72);

}  // namespace posthouse::mime
