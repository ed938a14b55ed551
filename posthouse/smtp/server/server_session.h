#pragma once
// One SMTP session of a server: RFC 5321. Private to this module.
//
// Terms: a *turn* is one command line and its reply. A *transaction* begins with an accepted MAIL and ends with the
// reply to the message, RSET, EHLO/HELO, STARTTLS or the session. The *backend* decides about people and mail; everything
// about the protocol is decided here.
//
//   connected --EHLO--> ready --MAIL--> sender known --RCPT--> recipients known --DATA--> receiving
//       ^               |   ^                                                                 |
//       |               |   +--------------------------- CRLF.CRLF ---------------------------+
//       +---STARTTLS----+       RSET and EHLO: back to ready. AUTH: stays ready, user known.
//
// Invariants:
//  1. Every command gets exactly one reply, in order; replies wait in the dialogue until no complete command is left in
//     the stream's buffer, so that a pipelined batch is answered by one write (RFC 2920).
//  2. A positive reply to DATA is sent only if Data::finish() returned it, and Data::finish() is called only after the
//     end of data, when no bare CR or LF was seen, the size limit holds and no append() failed.
//  3. Nothing that came before TLS is used after it: EHLO, log-in, transaction and buffered octets are forgotten.
//  4. On a submission listener no transaction exists without a user; passwords are read only where may_log_in() says yes.
//  5. No wait is without a deadline, and no buffer without a bound.
//  6. The octets of a chunk (BDAT) are never commands, whatever is answered to it; where a BDAT does not say how many they
//     are, the session ends. A message of which one chunk was refused is over.
//  7. The backend's calls stand behind a net::Shield; waiting for the client does not, except after cancellation.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/dialogue/log_in.h"
#include "posthouse/dialogue/server_dialogue.h"
#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/wire/command_line.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::smtp {

/// The longest command line but AUTH's, with CRLF. RFC 5321 section 4.5.3.1.4 says 512; the extensions add 26 (SIZE),
/// 17 (BODY), 10 (SMTPUTF8), 500 (AUTH) and 637 (DSN), and generosity costs nothing.
inline constexpr std::size_t max_command_line = 2048;

/// Thrown inside the session when it is over: the last reply is written, but perhaps not sent yet.
struct EndOfSession {
  SessionEnd end;
  std::string detail;
};

class ServerSession {
 public:
  ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend);
  SessionSummary run();

 private:
  // server.cc: the session as a whole, lines and replies.
  void converse();
  void greet();
  void say_goodbye(std::string_view line, net::Duration patience) noexcept;
  dialogue::Line read_line();
  [[noreturn]] void refuse_bare_lf();
  void fill(net::Deadline deadline);
  void flush_replies();
  void start_tls();
  bool stopping() const noexcept;

  /// Adds one line, which says the whole reply.
  void say(std::string_view line) { dialogue_.say(line); }
  /// The same from the backend; 421 ends the session.
  void say(const Reply& reply);
  void say_accepted(const Reply& reply, std::string_view usual);
  /// A reply that blames the client: counted, late when there were some, and the last one when there are too many.
  void fault(std::string_view line);
  void count_error();
  /// A refusal of the backend, likewise.
  void refusal(const Reply& reply);
  /// Tells the backend, for its log.
  void tell_refused(Refused what, std::string_view address, const std::string& reply) noexcept;
  /// fault() and refusal() of a sender, recipient or message, which the backend is told of.
  void fault(Refused what, std::string_view address, std::string_view line);
  void refusal(Refused what, std::string_view address, const Reply& reply);
  [[noreturn]] void end(SessionEnd end, std::string_view line, std::string detail);
  [[noreturn]] void end_stopped();

  // server_commands.cc
  void handle(std::string_view line);
  void dispatch(const CommandLine& command);
  void hello(const CommandLine& command);
  void mail(std::string_view argument);
  void recipient(std::string_view argument);
  void note_options(RecipientOptions options);
  void start_tls(std::string_view argument);
  void verify(std::string_view argument);
  bool log_in_holds();
  std::string offers_now() const;
  ParameterFault check_offered(const DeliveryParameters& asked) const;
  void idle_command(std::string_view reply);
  void count_idle_command();
  void begin_transaction(Envelope envelope, const Reply& reply);
  void end_transaction() noexcept;
  template <class F>
  Reply ask(F&& f) noexcept {
    return ask(f, {451, "4.3.0", "Trouble here, please try again later"});
  }
  template <class F>
  Reply ask(F&& f, const Reply& in_trouble) noexcept;

  // server_auth.cc
  dialogue::LogInState log_in_state() const noexcept;
  const sasl::Context& log_in_context();
  void log_in(std::string_view argument);
  void judge(const sasl::Verdict& verdict);

  // server_data.cc
  void data(std::string_view argument);
  Reply receive(std::unique_ptr<Data> sink);
  void refuse_message(const Reply& reply);
  void finish_message(Reply reply);
  class Receiver;
  /// How long the rest of a message is waited for.
  struct Patience {
    explicit Patience(const ServerTimeouts& timeouts) : total(timeouts.data_total), block(timeouts.data_block) {}
    net::Deadline total, block;
    std::size_t in_block = 0;
    std::optional<net::Shield> shield{};  // once the scope is cancelled: the rest of the message may still come
  };
  void wait_for_data(Patience& patience, std::size_t taken);

  // server_chunks.cc
  class Chunks;
  void chunk(std::string_view argument);
  std::string_view wrong_with_chunk() const noexcept;
  Reply begin_chunks();
  template <class F>
  void take_octets(std::uint64_t octets, net::Deadline until, F&& take);

  net::Stream& stream_;
  const ServerOptions& options_;
  Backend& backend_;
  sasl::Verifier* verifier_;
  dialogue::ServerDialogue dialogue_;
  dialogue::FailedLogIns failed_log_ins_;
  std::optional<sasl::Context> log_in_context_;  // made when it is needed, anew under TLS
  Session session_;
  sasl::Verdict log_in_ = sasl::Denial::wrong;  // of session_.user
  SessionSummary summary_;
  Envelope envelope_;
  bool in_transaction_ = false;
  std::unique_ptr<Chunks> chunks_;  // of the message of this transaction, from its first BDAT on
  bool chunks_refused_ = false;     // since the last MAIL: those sent ahead are no further errors
  bool knows_extensions_ = false;   // EHLO was said; a HELO after it takes nothing back
  bool turned_away_ = false;        // the backend did not let the client in; only QUIT is served
  std::size_t errors_ = 0;          // since the last message accepted
  std::size_t idle_ = 0;            // commands without progress since then
  std::size_t too_many_ = 0;        // recipients beyond the limit since then
};

/// Runs `f`, which asks the backend, so that cancellation does not disturb it. What it throws becomes a reply:
/// `in_trouble`, unless it is an smtp::Error that has one.
template <class F>
Reply ServerSession::ask(F&& f, const Reply& in_trouble) noexcept {
  const net::Shield shield;
  try {
    Reply reply = f();
    if (reply.code >= 200 && reply.code <= 599) {
      return reply;
    }
  } catch (const Error& error) {
    if (error.answer().transient() || error.answer().permanent()) {
      return error.answer();
    }
  } catch (...) {
    // Whatever it was: the client is told to come again.
  }
  return in_trouble;
}

}  // namespace posthouse::smtp
