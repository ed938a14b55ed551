#pragma once
// A text with dot transparency (RFC 5321 section 4.5.2, RFC 1939 section 3), taken apart as it comes: what DATA carries
// to a server and RETR to a client.
//
// Terms: a *line end* is CRLF. A *bare* CR or LF is one that is not part of a CRLF. The *end of data* is CRLF "." CRLF,
// or "." CRLF at the very beginning.
//
// Invariants:
//  1. Only the end of data finishes; no bare CR or LF counts as a line end, neither before nor after the dot. So a
//     peer that reads bare ones as line ends, or drops them, cannot make us see two messages where there is one, or the
//     reverse.
//  2. With BareLineEnds::refuse, nothing more is handed out after the first bare CR or LF (bare() is true), but
//     scanning goes on to the end of data.
//  3. Octets that cannot be judged without the next one (a CR, a dot at the beginning of a line, a dot and a CR) are
//     not consumed: at most 2. So there is no state but "at the beginning of a line".
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace posthouse::dialogue {

/// What a bare CR or LF is to a DotDecoder.
enum class BareLineEnds : std::uint8_t {
  refuse,  ///< The end of what is handed out: a message of another server that may hide a second one.
  pass,    ///< An octet of the text like any other.
};

class DotDecoder {
 public:
  explicit DotDecoder(BareLineEnds bare_line_ends) noexcept : refuses_(bare_line_ends == BareLineEnds::refuse) {}

  /// Scans `input`, calls `sink(std::string_view)` with the pieces of the text in it, and returns how many octets are
  /// done with. Call again with the rest and what comes behind it; after finished() not any more.
  template <class Sink>
  std::size_t scan(std::string_view input, Sink&& sink);

  /// The end of data has been found.
  bool finished() const noexcept { return finished_; }
  /// A bare CR or LF was refused.
  bool bare() const noexcept { return bare_; }

 private:
  /// Looks at a line's beginning: 0 not a dot, 1 a dot to drop, 3 the end of data; undecided when octets are missing.
  static constexpr std::size_t undecided = 4;
  static std::size_t dots(std::string_view line) noexcept {
    if (line.empty()) {
      return undecided;
    }
    if (line[0] != '.') {
      return 0;
    }
    if (line.size() == 1 || (line.size() == 2 && line[1] == '\r')) {
      return undecided;
    }
    return line[1] == '\r' && line[2] == '\n' ? 3 : 1;
  }

  bool refuses_;
  bool line_start_ = true;
  bool finished_ = false;
  bool bare_ = false;
};

template <class Sink>
std::size_t DotDecoder::scan(std::string_view input, Sink&& sink) {
  std::size_t at = 0, kept = 0;  // [kept, at) is text not yet handed out
  const auto hand_out = [&](std::size_t end) {
    if (end > kept && !bare_) {
      sink(input.substr(kept, end - kept));
    }
  };
  const auto find = [&](char c, std::size_t from, std::size_t to) {
    const void* found = from < to ? std::memchr(input.data() + from, c, to - from) : nullptr;
    return found == nullptr ? to : static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  };
  for (;;) {
    if (line_start_) {
      const std::size_t count = dots(input.substr(at));
      if (count == undecided) {
        break;
      }
      if (count > 0) {
        hand_out(at);
        kept = at += count;
      }
      if (count == 3) {
        finished_ = true;
        return at;
      }
      line_start_ = false;
    }
    const std::size_t lf = find('\n', at, input.size());
    const bool ended = lf < input.size();
    line_start_ = ended && lf > at && input[lf - 1] == '\r';
    if (refuses_ && !bare_) {
      const std::size_t line_end = ended ? (line_start_ ? lf - 1 : lf) : input.size();
      // Without a line end in sight, a CR at the very end waits for what follows it.
      const std::size_t last = !ended && line_end > at && input.back() == '\r' ? line_end - 1 : line_end;
      const std::size_t cr = find('\r', at, last);
      if (cr < last || (ended && !line_start_)) {
        hand_out(cr);  // what comes before it; the text is refused all the same
        bare_ = true;
      }
    }
    if (ended) {
      at = lf + 1;
      continue;
    }
    at = input.size() > at && input.back() == '\r' ? input.size() - 1 : input.size();
    break;
  }
  hand_out(at);
  return at;
}

}  // namespace posthouse::dialogue
