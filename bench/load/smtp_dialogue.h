#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dialogue.h"

namespace mailload {

/// The client side of SMTP (RFC 5321) or LMTP (RFC 2033) as far as a load needs it: greeting, EHLO, AUTH PLAIN if wanted,
/// transactions (pipelined where the server offers it, RFC 2920), QUIT. A subclass says what to send and when to stop.
class SmtpDialogue : public Dialogue {
 public:
  explicit SmtpDialogue(bool lmtp = false) : lmtp_(lmtp) {}

 protected:
  /// The session is open, or the transaction before is over: begin a transaction or quit.
  virtual void on_ready() = 0;
  /// The 250 after the message.
  virtual void on_accepted() {}
  /// The session ended with the server's answer to QUIT; finish() or reconnect().
  virtual void on_quit() = 0;
  void on_open() override;
  void on_line(std::string_view line) override;

  /// The sessions that follow log in. Call it before the first.
  void authenticate(const std::string& account, const std::string& password);
  /// @param recipients one at least, all of whom must be taken. @param message whole, ending in CRLF, dots already stuffed.
  void transaction(const std::string& sender, const std::vector<std::string>& recipients, std::string message);
  void quit();
  /// now() when the final dot of the last message was sent.
  double dot_sent() const { return dot_sent_; }

 private:
  enum class Step { greeting, hello, log_in, mail, recipients, data, body, quit };
  static char wanted_class(Step step) { return step == Step::data ? '3' : '2'; }
  void advance();
  void ask_for_recipient();

  bool lmtp_;
  bool pipelining_ = false;
  Step step_ = Step::greeting;
  std::string credentials_;  // in base64; empty: no log-in
  std::vector<std::string> recipients_;
  std::size_t answered_ = 0;  // of the recipients, at the step there is
  std::string message_;
  double dot_sent_ = 0;
};

}  // namespace mailload
