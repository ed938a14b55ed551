#include "paced.h"

#include <memory>

#include "smtp_dialogue.h"

namespace mailload {

class PacedSender : public SmtpDialogue {
 public:
  explicit PacedSender(PacedLetters& letters) : letters_(letters) {}

  void begin(long number, double due) {
    due_ = due;
    const std::string recipient = letters_.run_.account(letters_.plan_.first + number % letters_.plan_.users);
    transaction(sender_, {recipient}, letters_.maker_.make(number, sender_, recipient));
  }
  void end() { quit(); }

 protected:
  void on_ready() override {
    if (!greeted_) {
      greeted_ = true;
      ++letters_.ready_;
    }
    letters_.free(*this);
  }
  void on_accepted() override {
    const double taken = now();
    letters_.taken_at_.push_back(taken);
    letters_.from_dot_.push_back(taken - dot_sent());
    letters_.from_due_.push_back(taken - due_);
  }
  void on_quit() override { finish(); }
  void on_failure(const std::string& why) override {
    letters_.run_.troubles.add(why);
    std::erase(letters_.free_, this);
    finish();
  }

 private:
  PacedLetters& letters_;
  const std::string sender_ = "steady@load.test";
  double due_ = 0;
  bool greeted_ = false;
};

PacedLetters::PacedLetters(Run& run, Driver& driver, long port, const Plan& plan)
    : run_(run), driver_(driver), plan_(plan), maker_(static_cast<std::size_t>(plan.size)) {
  for (long i = 0; i < plan_.connections; ++i) {
    driver_.add(std::make_unique<PacedSender>(*this), port);
  }
}

void PacedLetters::start() {
  began_ = now();
  running_ = true;
  tick(0);
}

void PacedLetters::tick(long number) {
  if (!running_) {
    return;
  }
  driver_.call_at(due(number + 1), [this, number] { tick(number + 1); });
  dispatch();
}

void PacedLetters::dispatch() {
  while (running_ && !free_.empty() && due(begun_) <= now()) {
    PacedSender* sender = free_.back();
    free_.pop_back();
    const long number = begun_++;
    sender->begin(number, due(number));
  }
}

void PacedLetters::free(PacedSender& sender) {
  if (stopped_) {
    sender.end();
    return;
  }
  free_.push_back(&sender);
  dispatch();
}

void PacedLetters::stop() {
  running_ = false;
  stopped_ = true;
  for (PacedSender* sender : free_) {
    sender->end();
  }
  free_.clear();
}

void PacedLetters::report() const {
  run_.result.number("asked_per_s", plan_.rate, 1).number("letters", accepted());
  run_.result.number("rate_per_s",
                     static_cast<double>(accepted()) / ((taken_at_.empty() ? now() : taken_at_.back()) - began_), 1);
  run_.result.raw("from_dot_ms", percentiles_ms(from_dot_)).raw("from_due_ms", percentiles_ms(from_due_));
}

}  // namespace mailload
