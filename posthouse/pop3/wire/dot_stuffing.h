#pragma once
// Multi-line answers on the wire (RFC 1939 section 3): a line that begins with "." gets another one in front, and a
// line that is "." alone ends the answer. Both directions work on a stream of chunks cut anywhere, at the speed of
// memchr.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace posthouse::pop3 {

/// Writes one multi-line answer behind what `out` holds. A bare LF becomes CRLF and a last line without its end gets
/// one; CRLF text comes out as it is, but for the stuffed dots.
class DotStuffer {
 public:
  explicit DotStuffer(std::string& out) noexcept : out_(out) {}

  /// Appends the next piece of the text: at most twice its size.
  void append(std::string_view chunk);
  /// Completes the last line and ends the answer.
  void finish();

 private:
  std::string& out_;
  bool line_start_ = true;
  bool after_cr_ = false;
};

/// Passes the head of a message and the first lines of its body (TOP, RFC 1939 section 7).
class TopCutter {
 public:
  explicit TopCutter(std::size_t body_lines) noexcept : left_(body_lines) {}

  /// The beginning of `chunk` that belongs to the answer.
  std::string_view take(std::string_view chunk);
  /// True when nothing of what follows belongs to it.
  bool done() const noexcept { return in_body_ && left_ == 0; }

 private:
  std::size_t left_;
  bool in_body_ = false;
  std::size_t line_size_ = 0;  // of the line begun, its CR included
  bool line_is_cr_ = false;    // it begins with CR
};

/// Reads one multi-line answer: hands the text on without the stuffed dots. Only CRLF ends a line, so `LF . LF` in a
/// message ends nothing.
class DotUnstuffer {
 public:
  /// Takes octets off the front of `input`, hands their text to `sink` piece by piece, and returns how many it took:
  /// all, or those up to the end of the answer.
  std::size_t take(std::string_view input, const std::function<void(std::string_view)>& sink);
  /// True when the line "." has been taken.
  bool done() const noexcept { return state_ == State::done; }

 private:
  enum class State { line_start, dot, dot_cr, text, text_cr, done };
  State state_ = State::line_start;
};

}  // namespace posthouse::pop3
