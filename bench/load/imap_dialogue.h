#pragma once
#include <string>
#include <string_view>

#include "dialogue.h"
#include "report.h"

namespace mailload {

/// The client side of IMAP (RFC 3501) as far as a load needs it: LOGIN, then what a subclass asks for, one command at a
/// time. Literals are read as lines, so no line of a message may begin with this client's tag.
class ImapDialogue : public Dialogue {
 public:
  ImapDialogue(Troubles& troubles, std::string account, std::string password);

 protected:
  /// Logged in; nothing has been asked yet.
  virtual void on_login() = 0;
  /// The command asked last was done: its answer is OK.
  virtual void on_done() = 0;
  /// Every other line: an untagged answer, a part of a literal, or the server is ready for more ("+ ").
  virtual void on_more(std::string_view) {}
  void on_open() override;
  void on_line(std::string_view line) override;
  /// Counted as a trouble; the dialogue is over.
  void on_failure(const std::string& why) override;

  /// @param command without tag and CRLF; may hold a literal that is not waited for.
  void ask(std::string_view command);

 private:
  enum class Step { greeting, log_in, commands };

  Troubles& troubles_;
  std::string account_;
  std::string password_;
  Step step_ = Step::greeting;
};

}  // namespace mailload
