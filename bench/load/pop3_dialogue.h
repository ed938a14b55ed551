#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "dialogue.h"
#include "report.h"

namespace mailload {

/// The client side of POP3 (RFC 1939) as far as a load needs it: log-in, then what a subclass asks for.
class Pop3Dialogue : public Dialogue {
 public:
  Pop3Dialogue(Troubles& troubles, std::string account, std::string password);

 protected:
  /// Logged in; nothing has been asked yet.
  virtual void on_login() = 0;
  /// The whole answer to the oldest command not answered yet. `first_line` is its +OK line, `lines` how many lines came
  /// between it and the dot (0 for one-line answers).
  virtual void on_answer(std::string_view first_line, long lines) = 0;
  /// The answer to PASS was no. log_in() tries again; otherwise the dialogue is over.
  virtual void on_refusal(const std::string& line) { on_failure("POP3: " + line); }
  void on_open() override;
  void on_line(std::string_view line) override;
  /// Counted as a trouble; the dialogue is over.
  void on_failure(const std::string& why) override;

  void log_in();
  /// Whether the answers that follow are of many lines, with a dot at the end. Answers come in the order of the
  /// commands, so this may be changed only when all before are answered.
  void expect_many_lines(bool many) { many_lines_ = many; }
  /// Octets of the lines received so far, counted with CRLF.
  long received() const { return received_; }

 private:
  enum class Step { greeting, user, password, commands };

  Troubles& troubles_;
  std::string account_;
  std::string password_;
  Step step_ = Step::greeting;
  bool many_lines_ = false;
  bool inside_ = false;
  std::string first_line_;
  long lines_ = 0;
  long received_ = 0;
};

/// The first number after +OK, as STAT answers it.
long first_number(std::string_view line);

}  // namespace mailload
