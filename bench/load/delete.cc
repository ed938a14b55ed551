// mailload delete: a large mailbox is deleted while another sender's letters come.
#include <algorithm>

#include "commands.h"
#include "paced.h"
#include "pop3_dialogue.h"

namespace mailload {
namespace {

constexpr long dele_window = 100;      // under way at once
constexpr double seconds_after = 0.5;  // for which letters come once QUIT was answered

struct Deletion {
  double dele_seconds = 0;  ///< all DELE, from the first to the last answer
  double quit_seconds = 0;
  bool logged_in = false;
  bool over = false;
};

class Deleter : public Pop3Dialogue {
 public:
  Deleter(Run& run, const std::string& account, long messages, Deletion& deletion)
      : Pop3Dialogue(run.troubles, account, run.password()), messages_(messages), deletion_(deletion) {}

  void begin() {
    began_ = now();
    delete_more();
  }

 protected:
  void on_login() override { send("STAT\r\n"); }
  void on_answer(std::string_view first_line, long) override {
    if (!deletion_.logged_in) {
      if (first_number(first_line) != messages_) {
        return on_failure("the mailbox has another number of messages: " + std::string(first_line));
      }
      deletion_.logged_in = true;
    } else if (deleted_ < messages_) {
      ++deleted_;
      delete_more();
    } else {
      deletion_.quit_seconds = now() - quit_sent_;
      deletion_.over = true;
      finish();
    }
  }

 private:
  void delete_more() {
    std::string commands;
    while (asked_ < messages_ && asked_ - deleted_ < dele_window) {
      commands += "DELE " + std::to_string(++asked_) + "\r\n";
    }
    if (!commands.empty()) {
      send(commands);
    }
    if (deleted_ < messages_) {
      return;
    }
    quit_sent_ = now();
    deletion_.dele_seconds = quit_sent_ - began_;
    send("QUIT\r\n");
  }

  long messages_;
  Deletion& deletion_;
  double began_ = 0;
  double quit_sent_ = 0;
  long asked_ = 0;
  long deleted_ = 0;
};

}  // namespace

void run_delete(Run& run) {
  const long messages = run.options.number("messages", 10'000);
  const long first = run.options.number("first", 1);
  Deletion deletion;
  Driver driver(run.host(), run.options.number("port", 110));
  auto& deleter =
      static_cast<Deleter&>(driver.add(std::make_unique<Deleter>(run, run.account(first), messages, deletion)));
  PacedLetters letters(run, driver, run.options.number("smtp-port", 25),
                       {.rate = static_cast<double>(run.options.number("rate", 100)),
                        .connections = 4,
                        .size = run.options.number("size", 4096),
                        .first = first + 1,
                        .users = 1});
  const auto failed = [&] { return run.troubles.count() > 0; };
  driver.run([&] { return (deletion.logged_in && letters.ready()) || failed(); });
  if (failed()) {
    return;
  }
  letters.start();
  deleter.begin();
  driver.run([&] { return deletion.over || failed(); });
  const double until = now() + seconds_after;
  driver.run([&] { return now() >= until || failed(); });
  letters.stop();
  driver.run();  // a letter that the deletion held up is answered here
  run.result.number("messages", messages).number("dele_seconds", deletion.dele_seconds, 4);
  run.result.number("quit_ms", deletion.quit_seconds * 1e3, 2);
  letters.report();
}

}  // namespace mailload
