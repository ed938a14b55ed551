#pragma once
// The server's end of a dialogue in lines: command lines in, replies out, the trace, TLS. A protocol's session stands
// on it and decides what the lines mean.
//
// Invariants:
//  1. A line stays in the stream's buffer, uncopied, until end_line().
//  2. Replies wait here until flush(), so that a pipelined batch is answered by one write (RFC 2920, RFC 2449).
//  3. Nothing that was received before TLS is used after it: start_tls() drops the rest of the buffer and the line.
//  4. After a write that failed nothing more is written: it would be taken for another reply.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/dialogue/line_scanner.h"
#include "posthouse/dialogue/trace.h"
#include "posthouse/fiber/time.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::dialogue {

class ServerDialogue {
 public:
  /// How many octets of replies a session lets wait before it calls flush().
  static constexpr std::size_t flush_at = 32 * 1024;

  /// `stream` and `trace` must outlive the dialogue.
  ServerDialogue(net::Stream& stream, const net::Trace& trace, LineEnds ends) noexcept
      : stream_(stream), tracer_(trace), scanner_(ends) {}
  ServerDialogue(const ServerDialogue&) = delete;
  ServerDialogue& operator=(const ServerDialogue&) = delete;

  // What the client says.

  /// The next line, of `limit` octets at most with its end. Whenever octets are missing, `wait()` is called: it has the
  /// stream buffer more (net::Stream::fill), or throws. Never returns LineState::more.
  template <class Wait>
  Line read_line(std::size_t limit, Wait&& wait);
  /// Drops the line that was read last. Its text is not valid any more.
  void end_line() noexcept { stream_.consume(std::exchange(line_size_, 0)); }

  // What the server says.

  /// Adds one line, given without its end, to the replies that wait.
  void say(std::string_view line);
  /// Adds lines that have their ends.
  void say_lines(std::string_view lines);
  /// The replies that wait, for whoever adds octets that are not to be traced.
  std::string& replies() noexcept { return replies_; }
  /// Sends the replies that wait, within `deadline`. Throws net::Error.
  void flush(net::Deadline deadline);
  /// Gives back memory that is not needed now, the replies' when none wait and the fiber's stack: for a session whose
  /// client is silent.
  void rest() noexcept;
  /// True after a write that failed.
  bool broken() const noexcept { return broken_; }

  /// A place in the replies to return to.
  struct Mark {
    std::size_t size;
    std::uint64_t flushes;
  };
  Mark mark() const noexcept { return {replies_.size(), flushes_}; }
  /// Takes back what was said since `mark`. False when a part of it has been sent: then it stands.
  bool take_back(const Mark& mark) noexcept;

  // The rest.

  Tracer& tracer() noexcept { return tracer_; }
  net::Stream& stream() noexcept { return stream_; }
  /// Sends the replies that wait and goes over to TLS. Throws net::Error; the stream is closed then.
  void start_tls(const net::TlsContext& context, net::Deadline deadline);

 private:
  net::Stream& stream_;
  Tracer tracer_;
  LineScanner scanner_;
  std::size_t line_size_ = 0;  // of the line being dealt with, its end counted
  std::string replies_;
  std::uint64_t flushes_ = 0;
  bool broken_ = false;
};

template <class Wait>
Line ServerDialogue::read_line(std::size_t limit, Wait&& wait) {
  for (;;) {
    const Line line = scanner_.scan(stream_.buffered(), limit);
    if (line.state == LineState::more || line.state == LineState::endless) {
      stream_.consume(line.size);
    } else {
      line_size_ = line.size;
    }
    if (line.state != LineState::more) {
      return line;
    }
    wait();
  }
}

}  // namespace posthouse::dialogue
