#pragma once
// Lines found in octets as they come: the step of a line protocol that needs no socket.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posthouse::dialogue {

/// What ends a line.
enum class LineEnds : std::uint8_t {
  crlf,    ///< CRLF and nothing else. A bare LF is reported: what was meant to follow it cannot be known.
  lf_too,  ///< CRLF, or a bare LF.
};

/// What a scanner has found.
enum class LineState : std::uint8_t {
  more,      ///< The line has no end yet.
  complete,  ///< A line.
  too_long,  ///< The end of a line beyond the limit. Nothing of it was kept.
  bare_lf,   ///< A line that ends in a bare LF where only CRLF is a line end.
  endless,   ///< More than LineScanner::max_skipped octets without a line end.
};

/// A line, or why there is none.
struct Line {
  LineState state = LineState::more;
  std::string_view text{};  ///< Without its end, a view into the input; empty unless `complete`.
  std::size_t size = 0;     ///< Octets at the front of the input that are done with: the line and its end. With `more`
                            ///< and `endless`: those of a line beyond the limit, to be dropped at once.
};

/// Finds lines, one after another. Any number of octets may be added between two calls, one too; each octet is looked
/// at once.
///
///     Line line = scanner.scan(input, 512);
///     input.drop(line.size);                    // when the line has been dealt with
///
/// Invariants:
///  1. A line is `complete` only when it has at most `limit` octets, its end counted, at every way to cut the input.
///  2. A caller that drops what it is told to holds at most `limit` octets and what one read adds to them.
class LineScanner {
 public:
  /// How much of a line beyond the limit is skipped in search of its end.
  static constexpr std::size_t max_skipped = 1024 * 1024;

  explicit LineScanner(LineEnds ends) noexcept : ends_(ends) {}

  /// Looks for the end of the first line of `input`: all that has come and was not dropped.
  Line scan(std::string_view input, std::size_t limit) noexcept;
  /// Begins anew, with whatever comes next.
  void reset() noexcept { searched_ = skipped_ = 0; }

 private:
  LineEnds ends_;
  std::size_t searched_ = 0;  // octets of the input known to hold no LF
  std::size_t skipped_ = 0;   // octets dropped of a line beyond the limit
};

}  // namespace posthouse::dialogue
