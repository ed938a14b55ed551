#pragma once
#include <string>
#include <string_view>

#include "dialogue.h"

namespace mailload {

/// The client side of SMTP (RFC 5321) or LMTP (RFC 2033) as far as a load needs it: greeting, EHLO, transactions of one
/// recipient each (pipelined where the server offers it, RFC 2920), QUIT. A subclass says what to send and when to
/// stop.
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

  /// @param message whole, ending in CRLF, dots already stuffed.
  void transaction(const std::string& sender, const std::string& recipient, std::string message);
  void quit();

 private:
  enum class Step { greeting, hello, mail, recipient, data, body, quit };
  static char wanted_class(Step step) { return step == Step::data ? '3' : '2'; }
  void advance();

  bool lmtp_;
  bool pipelining_ = false;
  Step step_ = Step::greeting;
  std::string recipient_command_;
  std::string message_;
};

}  // namespace mailload
