#include "smtp_dialogue.h"

#include <utility>

namespace mailload {

void SmtpDialogue::on_open() {
  step_ = Step::greeting;
  pipelining_ = false;
}

void SmtpDialogue::on_line(std::string_view line) {
  if (line.size() < 3 || line[0] != wanted_class(step_)) {
    on_failure("SMTP: " + std::string(line));
    return;
  }
  if (step_ == Step::hello && line.substr(4).starts_with("PIPELINING")) {
    pipelining_ = true;
  }
  const bool last_line = line.size() == 3 || line[3] != '-';
  if (last_line) {
    advance();
  }
}

void SmtpDialogue::transaction(const std::string& sender, const std::string& recipient, std::string message) {
  step_ = Step::mail;
  message_ = std::move(message);
  recipient_command_ = "RCPT TO:<" + recipient + ">\r\n";
  const std::string mail = "MAIL FROM:<" + sender + ">\r\n";
  send(pipelining_ ? mail + recipient_command_ + "DATA\r\n" : mail);
}

void SmtpDialogue::quit() {
  step_ = Step::quit;
  send("QUIT\r\n");
}

void SmtpDialogue::advance() {
  switch (step_) {
    case Step::greeting:
      step_ = Step::hello;
      send(lmtp_ ? "LHLO load.test\r\n" : "EHLO load.test\r\n");
      break;
    case Step::hello:
      on_ready();
      break;
    case Step::mail:
      step_ = Step::recipient;
      if (!pipelining_) {
        send(recipient_command_);
      }
      break;
    case Step::recipient:
      step_ = Step::data;
      if (!pipelining_) {
        send("DATA\r\n");
      }
      break;
    case Step::data:
      step_ = Step::body;
      send(message_ += ".\r\n");
      break;
    case Step::body:
      on_accepted();
      on_ready();
      break;
    case Step::quit:
      on_quit();
      break;
  }
}

}  // namespace mailload
