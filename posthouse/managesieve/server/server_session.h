#pragma once
// One ManageSieve session of a server: RFC 5804. Private to this module.
//
//                     +--STARTTLS--+     UNAUTHENTICATE
//                     v            |   +----------------+
//     greeting --> NOT AUTHENTICATED <-+   AUTHENTICATE  \--> AUTHENTICATED --> LOGOUT, refusal, silence: end
//
// Invariants:
//  1. scripts_ is set exactly while somebody is logged in.
//  2. A batch of answers is sent before the session waits for input, and whenever flush_at octets wait.
//  3. Before the log-in nothing is held for a client but one command of max_line octets and max_response of strings.
//  4. An answer once begun is completed or the session ends.
//  5. Nothing that came before TLS is used after it.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/dialogue/log_in.h"
#include "posthouse/dialogue/server_dialogue.h"
#include "posthouse/managesieve/server/server.h"
#include "posthouse/managesieve/wire/sentence_reader.h"
#include "posthouse/managesieve/wire/strings.h"
#include "posthouse/net/error.h"

namespace posthouse::managesieve {

/// Thrown inside a session to end it; not a std::exception, so that no back end takes it for a failure of its own.
struct SessionOver {
  SessionEnd end;
};

class ServerSession {
 public:
  ServerSession(net::Stream& stream, const ServerOptions& options, Backend& backend);
  SessionSummary run();

 private:
  static constexpr std::size_t flush_at = dialogue::ServerDialogue::flush_at;
  static constexpr std::size_t room_for_names = 1024;  // beside a script, where a name is a literal, too

  using Arguments = std::vector<Token>;
  using Handler = void (ServerSession::*)(Arguments& arguments);
  enum When : unsigned { stranger = 1, user = 2, always = 3 };
  struct Command {
    std::string_view verb;
    unsigned when;
    std::size_t least, most;  // arguments
    Handler handler;
  };
  static const Command commands[];

  // Input and output (server.cc)
  void converse();
  void obey(SentenceState state);
  SentenceState read_sentence();
  void fill(net::Deadline deadline);
  void flush();
  void flush_when_much();
  void execute(const Command& command, Arguments& arguments);
  void trace_command(const Command* command, const Arguments& tokens);
  bool log_in_holds();
  void run_command(Handler handler, Arguments& arguments);
  /// "OK (CODE) "text"": `code` may be empty, and so may `text`.
  void say(std::string_view result, std::string_view code, std::string_view text);
  void ok(std::string_view text = {}, std::string_view code = {}) { say("OK", code, text); }
  void no(std::string_view text, std::string_view code = {}) { say("NO", code, text); }
  /// NO to what is no command; too many of them end the session.
  void bad(std::string_view text, std::string_view code = {});
  [[noreturn]] void bye(SessionEnd end, std::string_view text, std::string_view code = {});
  void note(std::string_view trouble);
  bool stopping() const { return options_.stopping && options_.stopping->load(std::memory_order_relaxed); }
  [[noreturn]] void connection_failed(const net::Error& error);
  [[noreturn]] void over(SessionEnd end) const { throw SessionOver{end}; }

  // Log-in and TLS (server_login.cc)
  void say_capabilities();
  void capability(Arguments& arguments);
  void starttls(Arguments& arguments);
  void start_tls();
  void authenticate(Arguments& arguments);
  void unauthenticate(Arguments& arguments);
  void logout(Arguments& arguments);
  void noop(Arguments& arguments);
  dialogue::LogInState log_in_state() const noexcept;
  const sasl::Context& log_in_context();
  bool may_log_in();
  void judge(const sasl::Verdict& verdict, std::string mechanism, const std::string& data);
  void log_in_failed(std::string_view text);

  // Scripts (server_scripts.cc)
  void havespace(Arguments& arguments);
  void putscript(Arguments& arguments);
  void checkscript(Arguments& arguments);
  void listscripts(Arguments& arguments);
  void setactive(Arguments& arguments);
  void getscript(Arguments& arguments);
  void deletescript(Arguments& arguments);
  void renamescript(Arguments& arguments);
  bool is_name(const Token& token);
  bool fits(const std::string& script);
  std::optional<std::string> compiled(const std::string& name, const std::string& script);
  void say_answer(const Answer& answer, std::string_view done);
  void changed_by(const Answer& answer, std::string_view done);

  net::Stream& stream_;
  const ServerOptions& options_;
  Backend& backend_;
  sasl::Verifier& verifier_;
  dialogue::ServerDialogue dialogue_;
  SentenceReader reader_{Side::client};
  dialogue::FailedLogIns failed_log_ins_;
  std::optional<sasl::Context> log_in_context_;  // made when it is needed, anew under TLS
  Session session_;
  SessionSummary summary_;
  net::Deadline login_deadline_;
  dialogue::HeldLogIn log_in_;
  std::size_t errors_ = 0;     // in a row
  bool after_log_in_ = false;  // the last command was AUTHENTICATE: what is none may be the rest of it
  std::unique_ptr<Scripts> scripts_;
};

}  // namespace posthouse::managesieve
