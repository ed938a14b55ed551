#include "imap_dialogue.h"

#include <utility>

namespace mailload {
namespace {
constexpr std::string_view tag = "mL7 ";
}

ImapDialogue::ImapDialogue(Troubles& troubles, std::string account, std::string password)
    : troubles_(troubles), account_(std::move(account)), password_(std::move(password)) {}

void ImapDialogue::on_open() {
  step_ = Step::greeting;
}

void ImapDialogue::on_failure(const std::string& why) {
  troubles_.add(why);
  finish();
}

void ImapDialogue::on_line(std::string_view line) {
  if (step_ == Step::greeting) {
    if (!line.starts_with("* OK")) {
      on_failure("IMAP: " + std::string(line));
      return;
    }
    step_ = Step::log_in;
    ask("LOGIN " + account_ + ' ' + password_);
    return;
  }
  if (!line.starts_with(tag)) {
    on_more(line);
    return;
  }
  if (!line.substr(tag.size()).starts_with("OK")) {
    on_failure("IMAP: " + std::string(line));
    return;
  }
  if (step_ == Step::log_in) {
    step_ = Step::commands;
    on_login();
  } else {
    on_done();
  }
}

void ImapDialogue::ask(std::string_view command) {
  std::string line(tag);
  line += command;
  send(line += "\r\n");
}

}  // namespace mailload
