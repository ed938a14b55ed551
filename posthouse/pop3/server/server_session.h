#pragma once
// One POP3 server session (private). Implements RFC 1939, RFC 2449, RFC 2595 and RFC 5034.
//
// Terms: an *answer* is the status line and, where there is one, the multi-line text after it; the *batch* is the
// answers to the commands that have arrived so far.
//
//                     +--STLS--+
//                     v        |        PASS, AUTH                     QUIT
//     greeting --> AUTHORIZATION ----------------> TRANSACTION ----------------> UPDATE --> end
//                     |                               |
//                     +-- QUIT, refusal, silence      +-- refusal, silence, connection lost: end, nothing removed
//
// Invariants
// 1. maildrop_ is set exactly in TRANSACTION; its remove() is called from QUIT alone, and it is released before QUIT is
//    answered (the client may open it again as soon as it has the answer).
// 2. A batch is sent before the session waits for input, and whenever out_ reaches flush_at; out_ never grows beyond
//    flush_at + 2 * piece + one line.
// 3. While the session waits longer than rest_after, out_, line_ and what the maildrop read ahead are given back.
// 4. Before the log-in nothing is held for a client but one line and one user name of at most max_line octets.
// 5. An answer once begun is completed or the session ends: a back end's failure after a part has been sent must not
// look
//    like the end of the message.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/error.h"
#include "posthouse/pop3/server/server.h"

namespace posthouse::pop3 {

/// Thrown inside a session to end it; not a std::exception, so that no back end takes it for a failure of its own.
struct SessionOver {
  SessionEnd end;
};

class ServerSession {
 public:
  ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend);
  SessionSummary run();

 private:
  static constexpr std::size_t max_line = 512;         // of a command with its CRLF; RFC 2449 section 4 asks for 255
  static constexpr std::size_t max_sasl_line = 12288;  // of an answer in an AUTH exchange; RFC 5034 section 4
  static constexpr std::size_t flush_at = 32 * 1024;
  static constexpr std::size_t piece = 16 * 1024;  // how much of a message is stuffed at a time

  using Handler = void (ServerSession::*)(std::string_view arguments);
  enum When : unsigned { authorization = 1, transaction = 2, always = 3 };
  struct Command {
    std::string_view verb;
    unsigned when;
    Handler handler;
  };
  static const Command commands[];

  // Input and output (server.cc)
  void dialogue();
  enum class Line { whole, too_long, end };
  Line read_line(std::size_t limit);
  bool more_input();
  void rest() noexcept;
  void flush();
  void execute();
  void run_command(Handler handler, std::string_view arguments);
  void reply(std::string_view status_line);
  void bad_command(std::string_view status_line);
  void trace(net::Speaker who, std::string_view line) const;
  void trace_command() const;
  void note(const std::exception& error);
  bool stopping() const { return options_.stopping && options_.stopping->load(std::memory_order_relaxed); }
  [[noreturn]] void connection_failed(const net::Error& error);
  [[noreturn]] void over(SessionEnd end) const { throw SessionOver{end}; }

  // AUTHORIZATION (server_login.cc)
  void user(std::string_view arguments);
  void pass(std::string_view arguments);
  void auth(std::string_view arguments);
  void stls(std::string_view arguments);
  void start_tls();
  bool may_log_in();
  void log_in(std::string mechanism, const std::string& user, const std::string& password);
  void log_in_failed(std::string_view status_line);

  // Any state (server_commands.cc)
  void capa(std::string_view arguments);
  void noop(std::string_view arguments);
  void quit(std::string_view arguments);

  // TRANSACTION (server_commands.cc)
  void stat(std::string_view arguments);
  void list(std::string_view arguments);
  void uidl(std::string_view arguments);
  void retr(std::string_view arguments);
  void top(std::string_view arguments);
  void dele(std::string_view arguments);
  void rset(std::string_view arguments);
  template <class Append>
  void listing(std::string_view arguments, std::string_view title, Append append_entry);
  void send_message(std::size_t index, std::string_view status_line, std::size_t body_lines, bool whole);
  bool deleted(std::size_t index) const { return !deleted_.empty() && deleted_[index]; }
  std::optional<std::size_t> message_number(std::string_view text);

  net::Stream& stream_;
  const ServerOptions& options_;
  Backend& backend_;
  Session session_;
  SessionSummary summary_;
  std::string line_;  // the command being executed, without its line end
  std::string out_;   // the batch so far
  std::size_t flushes_ = 0;
  std::string user_;  // from USER, until PASS
  net::Deadline login_deadline_;
  std::size_t errors_ = 0;  // in a row
  std::unique_ptr<Maildrop> maildrop_;
  std::size_t count_ = 0;      // messages not marked
  std::uint64_t octets_ = 0;   // their sizes
  std::vector<bool> deleted_;  // empty while nothing is marked
};

}  // namespace posthouse::pop3
