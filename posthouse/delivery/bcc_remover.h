#pragma once
// Takes the fields that name hidden recipients out of a message as it comes (RFC 5322 section 3.6.3): Bcc and
// Resent-Bcc. Whoever composes a message should have done so; what a program forgot must not reach the readers.
//
// Invariants:
//  1. Nothing else changes by an octet, and nothing behind the header is looked at.
//  2. Of a field whose name is not decided yet the octets are held, at most `longest_name`; nothing else is.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace posthouse::delivery {

/// Chunks may be cut anywhere; lines end in CRLF or LF.
class BccRemover {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// Calls `sink` with what stays of the next chunk.
  void add(std::string_view chunk, const Sink& sink);
  /// The message has ended: hands out what is still held.
  void finish(const Sink& sink);

 private:
  static constexpr std::size_t longest_name = 1000;  // with blanks before the colon; a line has no more
  enum class Place : std::uint8_t { line_start, name, kept_line, dropped_line, behind_header };
  enum class Match : std::uint8_t { no, perhaps, yes };

  Place begin_line(char first) const noexcept;
  void add_to_name(char c, const Sink& sink);
  Match match() const noexcept;
  void release(const Sink& sink);

  Place place_ = Place::line_start;
  bool dropping_ = false;  // the field that the line belongs to goes
  bool first_line_ = true;
  std::string held_;
};

}  // namespace posthouse::delivery
