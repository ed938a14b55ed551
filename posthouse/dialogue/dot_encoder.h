#pragma once
// A text made ready for DATA (RFC 5321 section 4.5.2) or a multi-line answer (RFC 1939 section 3): dots doubled, the
// end of data put behind it; or only its line ends, where it goes by its size (RFC 3030).
//
// Invariants:
//  1. What goes out has no LF but in CRLF, and no CR but there unless `mend_lf` lets it pass. With `strict` a bare one
//     in the text stops all output (bare() is true).
//  2. CRLF "." CRLF goes out exactly once, by finish(); for an empty text it is "." CRLF alone. With Dots::plain no dot
//     is added anywhere, and what goes out is size() octets.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace posthouse::dialogue {

/// What a DotEncoder does with a CR or LF that is not part of a CRLF.
enum class Mending : std::uint8_t {
  strict,   ///< Stops: nothing more goes out.
  mend,     ///< Makes it CRLF.
  mend_lf,  ///< Makes a bare LF CRLF, and lets a bare CR stand: for what is in a mailbox already.
};

/// What a DotEncoder does with dots.
enum class Dots : std::uint8_t {
  doubled,  ///< Those at the beginning of a line are doubled, and a final one is put behind the text.
  plain,    ///< Nothing.
};

class DotEncoder {
 public:
  explicit DotEncoder(Mending mending, Dots dots = Dots::doubled) noexcept : mending_(mending), dots_(dots) {}

  /// Takes a piece of the text, of any size, and calls `sink(std::string_view)` with what is to be sent: views into
  /// `chunk` wherever nothing has to change.
  template <class Sink>
  void add(std::string_view chunk, Sink&& sink);
  /// The end of the text: completes its last line and sends the final dot.
  template <class Sink>
  void finish(Sink&& sink);

  /// A bare CR or LF was met with `strict`; nothing goes out any more.
  bool bare() const noexcept { return bare_; }
  /// Octets of the text as RFC 1870 counts them: line ends as CRLF, without doubled dots and the final dot.
  std::uint64_t size() const noexcept { return size_; }

 private:
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
    if (mending_ == Mending::strict) {
      bare_ = true;
      return false;
    }
    put("\r\n", sink);
    return line_start_ = true;
  }

  Mending mending_;
  Dots dots_;
  bool line_start_ = true;
  bool pending_cr_ = false;  // a CR at the end of the last piece: not put out yet
  bool bare_ = false;
  std::uint64_t size_ = 0;
};

template <class Sink>
void DotEncoder::add(std::string_view chunk, Sink&& sink) {
  if (bare_ || chunk.empty()) {
    return;
  }
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
    } else if (mending_ == Mending::mend_lf) {
      put("\r", sink);
      line_start_ = false;
    } else if (!end_line(sink)) {
      return;
    }
  }
  while (at < size) {
    if (dots_ == Dots::doubled && line_start_ && chunk[at] == '.') {
      put(chunk.substr(kept, at - kept), sink);
      sink(std::string_view("."));
      kept = at;
    }
    line_start_ = false;
    const std::size_t lf = find('\n', at, size);
    std::size_t cr = 0;  // the first CR of the line that counts, else its LF or the end of the chunk
    if (mending_ == Mending::mend_lf) {
      const std::size_t end = lf < size ? lf : size;
      cr = end > at && chunk[end - 1] == '\r' ? end - 1 : end;
    } else {
      cr = find('\r', at, lf);
    }
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
void DotEncoder::finish(Sink&& sink) {
  if (bare_) {
    return;
  }
  if (pending_cr_) {
    // With `mend_lf` the LF that completes the line makes a line end of it.
    if (!end_line(sink)) {
      return;
    }
  } else if (!line_start_) {
    put("\r\n", sink);
  }
  if (dots_ == Dots::doubled) {
    sink(std::string_view(".\r\n"));
  }
}

}  // namespace posthouse::dialogue
