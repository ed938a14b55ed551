#include "smtp_dialogue.h"

#include <utility>

#include "report.h"

namespace mailload {
namespace {

std::string recipient_command(const std::string& recipient) {
  return "RCPT TO:<" + recipient + ">\r\n";
}

std::string base64(std::string_view octets) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < octets.size() ? static_cast<unsigned char>(octets[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += i + j > octets.size() ? '=' : digits[group >> (18 - 6 * j) & 63U];
    }
  }
  return text;
}

}  // namespace

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

void SmtpDialogue::authenticate(const std::string& account, const std::string& password) {
  credentials_ = base64(std::string(1, '\0') + account + '\0' + password);
}

void SmtpDialogue::transaction(const std::string& sender, const std::vector<std::string>& recipients,
                               std::string message) {
  step_ = Step::mail;
  message_ = std::move(message);
  recipients_ = recipients;
  answered_ = 0;
  std::string commands = "MAIL FROM:<" + sender + ">\r\n";
  if (pipelining_) {
    for (const std::string& recipient : recipients_) {
      commands += recipient_command(recipient);
    }
    commands += "DATA\r\n";
  }
  send(commands);
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
      if (!credentials_.empty()) {
        step_ = Step::log_in;
        send("AUTH PLAIN " + credentials_ + "\r\n");
        break;
      }
      [[fallthrough]];
    case Step::log_in:
      on_ready();
      break;
    case Step::mail:
      step_ = Step::recipients;
      ask_for_recipient();
      break;
    case Step::recipients:
      ++answered_;
      ask_for_recipient();
      break;
    case Step::data:
      step_ = Step::body;
      answered_ = 0;
      dot_sent_ = now();
      send(message_ += ".\r\n");
      break;
    case Step::body:
      if (lmtp_ && ++answered_ < recipients_.size()) {
        break;  // LMTP answers for each
      }
      on_accepted();
      on_ready();
      break;
    case Step::quit:
      on_quit();
      break;
  }
}

// The next recipient, or DATA after the last, where they were not sent at once.
void SmtpDialogue::ask_for_recipient() {
  if (answered_ == recipients_.size()) {
    step_ = Step::data;
  }
  if (!pipelining_) {
    send(step_ == Step::data ? "DATA\r\n" : recipient_command(recipients_[answered_]));
  }
}

}  // namespace mailload
