#include "pop3_dialogue.h"

#include <charconv>
#include <utility>

namespace mailload {

Pop3Dialogue::Pop3Dialogue(Troubles& troubles, std::string account, std::string password)
    : troubles_(troubles), account_(std::move(account)), password_(std::move(password)) {}

void Pop3Dialogue::on_open() {
  step_ = Step::greeting;
  inside_ = false;
}

void Pop3Dialogue::on_failure(const std::string& why) {
  troubles_.add(why);
  finish();
}

void Pop3Dialogue::on_line(std::string_view line) {
  received_ += static_cast<long>(line.size()) + 2;
  if (inside_) {
    if (line != ".") {
      ++lines_;
      return;
    }
    inside_ = false;
    on_answer(first_line_, lines_);
    return;
  }
  if (!line.starts_with("+OK")) {
    if (step_ == Step::password) {
      on_refusal(std::string(line));
      return;
    }
    on_failure("POP3: " + std::string(line));
    return;
  }
  switch (step_) {
    case Step::greeting:
      log_in();
      break;
    case Step::user:
      step_ = Step::password;
      send("PASS " + password_ + "\r\n");
      break;
    case Step::password:
      step_ = Step::commands;
      on_login();
      break;
    case Step::commands:
      if (many_lines_) {
        inside_ = true;
        first_line_ = line;
        lines_ = 0;
      } else {
        on_answer(line, 0);
      }
      break;
  }
}

void Pop3Dialogue::log_in() {
  step_ = Step::user;
  send("USER " + account_ + "\r\n");
}

long first_number(std::string_view line) {
  long value = 0;
  if (line.size() > 4) {
    std::from_chars(line.data() + 4, line.data() + line.size(), value);
  }
  return value;
}

}  // namespace mailload
