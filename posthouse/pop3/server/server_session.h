#pragma once
// One POP3 session of a server: RFC 1939, RFC 2449, RFC 2595, RFC 5034 and RFC 6856. Private to this module.
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
// Invariants:
//  1. maildrop_ is set exactly in TRANSACTION; its remove() is called from QUIT alone, and it is released before QUIT
//     is answered (the client may open it again as soon as it has the answer).
//  2. A batch is sent before the session waits for input, and whenever flush_at octets wait; what waits never grows
//     beyond flush_at + 2 * piece + one line.
//  3. While the session waits longer than ServerTimeouts::rest, the batch's memory and what the maildrop read ahead are
//     given back.
//  4. Before the log-in nothing is held for a client but one line, and one user name of at most max_line octets.
//  5. An answer once begun is completed or the session ends: a back end's failure after a part has been sent must not
//     look like the end of the message.
//  6. Nothing that came before TLS is used after it.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "posthouse/dialogue/log_in.h"
#include "posthouse/dialogue/server_dialogue.h"
#include "posthouse/net/error.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/pop3/server/texts.h"

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
  static constexpr std::size_t max_line = 512;  // of a command with its CRLF; RFC 2449 section 4 asks for 255
  static constexpr std::size_t flush_at = dialogue::ServerDialogue::flush_at;
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
  void converse();
  dialogue::Line read_line(std::size_t limit);
  bool fill(net::Deadline deadline);
  void rest() noexcept;
  void flush();
  void flush_when_much();
  void execute(std::string_view line);
  bool log_in_holds();
  void run_command(Handler handler, std::string_view arguments);
  /// `text` in the client's language.
  template <class... Arguments>
  std::string said(const Text& text, const Arguments&... arguments) const {
    return fmt::format(fmt::runtime(in_language(text, language_)), arguments...);
  }
  template <class... Arguments>
  void reply(const Text& text, const Arguments&... arguments) {
    reply_line(said(text, arguments...));
  }
  template <class... Arguments>
  void bad_command(const Text& text, const Arguments&... arguments) {
    bad_line(said(text, arguments...));
  }
  void reply_line(std::string_view status_line);
  void bad_line(std::string_view status_line);
  void note(std::string_view trouble);
  bool stopping() const { return options_.stopping && options_.stopping->load(std::memory_order_relaxed); }
  [[noreturn]] void connection_failed(const net::Error& error);
  [[noreturn]] void over(SessionEnd end) const { throw SessionOver{end}; }

  // AUTHORIZATION (server_login.cc)
  void user(std::string_view arguments);
  void pass(std::string_view arguments);
  void auth(std::string_view arguments);
  void stls(std::string_view arguments);
  void start_tls();
  dialogue::LogInState log_in_state() const noexcept;
  const sasl::Context& log_in_context();
  bool may_log_in();
  bool may_say_password();
  void judge(const sasl::Verdict& verdict, std::string mechanism);
  void open_maildrop();
  void log_in_failed(const Text& status_line);

  // Any state (server_commands.cc)
  void capa(std::string_view arguments);
  void utf8(std::string_view arguments);
  void lang(std::string_view arguments);
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
  void gone(std::size_t index);

  net::Stream& stream_;
  const ServerOptions& options_;
  Backend& backend_;
  sasl::Verifier& verifier_;
  dialogue::ServerDialogue dialogue_;
  dialogue::FailedLogIns failed_log_ins_;
  std::optional<sasl::Context> log_in_context_;  // made when it is needed, anew under TLS
  Session session_;
  Language language_ = Language::en;
  SessionSummary summary_;
  std::string user_;  // from USER, until PASS
  net::Deadline login_deadline_;
  dialogue::HeldLogIn log_in_;  // whose maildrop it is
  std::size_t errors_ = 0;      // in a row
  std::unique_ptr<Maildrop> maildrop_;
  std::size_t count_ = 0;      // messages not marked
  std::uint64_t octets_ = 0;   // their sizes
  std::vector<bool> deleted_;  // empty while nothing is marked
};

}  // namespace posthouse::pop3
