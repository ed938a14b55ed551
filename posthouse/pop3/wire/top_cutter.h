#pragma once
// What TOP sends of a message (RFC 1939 section 7). Private to this module.
#include <cstddef>
#include <string_view>

namespace posthouse::pop3 {

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

}  // namespace posthouse::pop3
