#pragma once
// Message data as DATA carries it (RFC 5321 sections 4.1.1.4 and 4.5.2), taken apart as it comes.
//
// Terms: a *line end* is CRLF. A *bare* CR or LF is one that is not part of a CRLF. The *end of data* is CRLF "." CRLF,
// or "." CRLF at the very beginning.
//
// Invariants:
//  1. Only the end of data finishes; no bare CR or LF counts as a line end, neither before nor after the dot. So nobody
//     who reads bare ones as line ends, or drops them, can make us see two messages where there is one, or the reverse.
//  2. After the first bare CR or LF nothing more is handed out (bare() is true), but scanning goes on to the end of
//  data.
//  3. Octets that cannot be judged without the next one (a CR, a dot at the beginning of a line, a dot and a CR) are
//  not
//     consumed: at most 2. So there is no state but "at the beginning of a line".
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace posthouse::smtp {

class DataScanner {
 public:
  /// Scans `input`, calls `sink(std::string_view)` with the pieces of the message in it, and returns how many octets
  /// are done with. Call again with the rest and what comes behind it; after finished() not any more.
  template <class Sink>
  std::size_t scan(std::string_view input, Sink&& sink);

  bool finished() const noexcept { return finished_; }
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

  bool line_start_ = true;
  bool finished_ = false;
  bool bare_ = false;
};

template <class Sink>
std::size_t DataScanner::scan(std::string_view input, Sink&& sink) {
  std::size_t at = 0, kept = 0;  // [kept, at) is message data not yet handed out
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
    const std::size_t cr = find('\r', at, lf);
    if (lf < input.size()) {
      if (cr + 1 == lf) {
        line_start_ = true;
      } else {
        if (!bare_) {
          hand_out(cr);  // what comes before it; the message is refused all the same
        }
        bare_ = true;
        line_start_ = lf > at && input[lf - 1] == '\r';
      }
      at = lf + 1;
      continue;
    }
    // No line end in sight. A CR at the very end waits for what follows it.
    at = input.size() > at && input.back() == '\r' ? input.size() - 1 : input.size();
    if (cr < at && !bare_) {
      hand_out(cr);
      bare_ = true;
    }
    break;
  }
  hand_out(at);
  return at;
}

}  // namespace posthouse::smtp
