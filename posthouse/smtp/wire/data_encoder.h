#pragma once
// A message made into what DATA carries (RFC 5321 section 4.5.2): dots doubled, the end of data put behind it.
//
// Invariants:
//  1. What goes out has no CR and no LF but in CRLF. In strict mode a bare one in the message stops all output (bare()
//     is true); with `fix` it becomes CRLF.
//  2. CRLF "." CRLF goes out exactly once, by finish().
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace posthouse::smtp {

class DataEncoder {
 public:
  explicit DataEncoder(bool fix) noexcept : fix_(fix) {}

  /// Takes a piece of the message and calls `sink(std::string_view)` with what is to be sent.
  template <class Sink>
  void add(std::string_view chunk, Sink&& sink);
  /// The end of the message: completes its last line and sends the final dot.
  template <class Sink>
  void finish(Sink&& sink);

  /// A bare CR or LF was met (strict mode); nothing goes out any more.
  bool bare() const noexcept { return bare_; }
  /// An octet above 127 was met.
  bool eight_bit() const noexcept { return eight_bit_; }
  /// Octets of the message as RFC 1870 counts them: line ends as CRLF, without doubled dots and the final dot.
  std::uint64_t size() const noexcept { return size_; }

 private:
  static bool has_eight_bit(std::string_view text) noexcept {
    std::uint64_t all = 0, word = 0;
    std::size_t i = 0;
    for (; i + sizeof word <= text.size(); i += sizeof word) {
      std::memcpy(&word, text.data() + i, sizeof word);
      all |= word;
    }
    for (; i < text.size(); ++i) {
      all |= static_cast<unsigned char>(text[i]);
    }
    return (all & 0x8080808080808080U) != 0;
  }
  template <class Sink>
  void put(std::string_view octets, Sink& sink) {
    size_ += octets.size();
    if (!octets.empty()) {
      sink(octets);
    }
  }
  /// Deals with a bare CR or LF; false when it stops everything.
  template <class Sink>
  bool end_line(Sink& sink) {
    if (!fix_) {
      bare_ = true;
      return false;
    }
    put("\r\n", sink);
    return line_start_ = true;
  }

  bool fix_;
  bool line_start_ = true;
  bool pending_cr_ = false;
  bool bare_ = false;
  bool eight_bit_ = false;
  std::uint64_t size_ = 0;
};

template <class Sink>
void DataEncoder::add(std::string_view chunk, Sink&& sink) {
  if (bare_ || chunk.empty()) {
    return;
  }
  eight_bit_ = eight_bit_ || has_eight_bit(chunk);
  std::size_t at = 0, kept = 0;  // [kept, at) is not yet put out
  const std::size_t size = chunk.size();
  const auto find = [&](char c, std::size_t from, std::size_t to) {
    const void* found = from < to ? std::memchr(chunk.data() + from, c, to - from) : nullptr;
    return found == nullptr ? to : static_cast<std::size_t>(static_cast<const char*>(found) - chunk.data());
  };
  if (pending_cr_) {
    pending_cr_ = false;
    if (chunk[0] == '\n') {
      put("\r\n", sink);
      line_start_ = true;
      at = kept = 1;
    } else if (!end_line(sink)) {
      return;
    }
  }
  while (at < size) {
    if (line_start_ && chunk[at] == '.') {
      put(chunk.substr(kept, at - kept), sink);
      sink(std::string_view("."));
      kept = at;
    }
    line_start_ = false;
    const std::size_t lf = find('\n', at, size);
    const std::size_t cr = find('\r', at, lf);
    if (cr == size) {
      break;
    }
    if (cr + 1 == lf && lf < size) {
      at = lf + 1;
      line_start_ = true;
      continue;
    }
    put(chunk.substr(kept, cr - kept), sink);
    kept = at = cr + 1;
    if (kept == size && chunk[cr] == '\r') {
      pending_cr_ = true;
    } else if (!end_line(sink)) {
      return;
    }
  }
  put(chunk.substr(kept), sink);
}

template <class Sink>
void DataEncoder::finish(Sink&& sink) {
  if (bare_) {
    return;
  }
  if (pending_cr_) {
    if (!end_line(sink)) {
      return;
    }
  } else if (!line_start_) {
    put("\r\n", sink);
  }
  sink(std::string_view(".\r\n"));
}

}  // namespace posthouse::smtp
