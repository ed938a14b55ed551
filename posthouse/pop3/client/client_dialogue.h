#pragma once
// What a POP3 client says and hears: commands out, status lines and multi-line answers in. Private to this module.
//
// Invariants:
//  1. An answer is read whole before the next call returns; when it cannot be, the connection is closed, so that the
//     rest of one answer is never taken for the next one.
//  2. No line beyond max_line and no text beyond the limits of ClientOptions is kept.
//  3. What trace and errors show of a command has its secrets masked.
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/dialogue/trace.h"
#include "posthouse/pop3/client/client.h"

namespace posthouse::pop3 {

class Dialogue {
 public:
  Dialogue(net::Stream stream, ClientOptions options);
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  /// Sends "verb arguments".
  void command(std::string_view line);
  /// Sends a line of a log-in.
  void response(std::string_view line);
  /// The same, held back until something is read or send() is called.
  void command_later(std::string_view line);
  void send();

  /// Reads a status line: what stands behind "+OK". Throws Error for -ERR (`otherwise` where its response code says
  /// nothing better) and for anything else.
  std::string status(Errc otherwise = Errc::refused);
  /// The same where the server may ask for more (AUTH): true when it did.
  bool challenge_or_status(std::string& text);
  /// Reads a multi-line answer by lines, without their ends and stuffed dots.
  void lines(const std::function<void(std::string_view line)>& each);
  /// Reads a multi-line answer as octets and returns how many.
  std::uint64_t text(const std::function<void(std::string_view chunk)>& sink);

  /// Throws Errc::protocol and closes.
  [[noreturn]] void nonsense(const std::string& what, std::string_view answer);

  net::Stream& stream() noexcept { return stream_; }
  const ClientOptions& options() const noexcept { return options_; }
  void expect(std::string_view shown) { shown_ = shown; }             ///< Names the command whose answer comes next.
  void set_deadline(net::Deadline deadline) { overall_ = deadline; }  ///< For all that is said until it is changed.
  void note_tls() const { tracer_.began_tls(stream_); }

 private:
  static constexpr std::size_t max_line = 8 * 1024;

  void send_line(std::string_view line);
  std::string read_line();
  [[noreturn]] void refused(const std::string& line, Errc otherwise);
  [[noreturn]] void too_large(const std::string& what);
  net::Deadline deadline() const {
    return net::Deadline::earlier(overall_, net::Deadline::after(options_.timeouts.answer));
  }

  net::Stream stream_;
  ClientOptions options_;
  dialogue::Tracer tracer_;
  net::Deadline overall_;
  std::string shown_;  // the command being answered, masked
};

}  // namespace posthouse::pop3
