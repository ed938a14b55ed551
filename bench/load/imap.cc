// mailload imap, append, imap-log-ins, imap-idle and notice: what is asked of an IMAP server.
#include <algorithm>
#include <chrono>
#include <thread>

#include "commands.h"
#include "imap_dialogue.h"
#include "message.h"
#include "paced.h"

namespace mailload {
namespace {

struct Asked {
  double select_seconds = 0;
  std::vector<double> seconds = {};  ///< of each time the command was asked
  long untagged = 0;                 ///< answers to the last one
  long lines = 0;                    ///< of the last one, literals and all
  std::string last = {};             ///< untagged answer
};

/// SELECT, then one command again and again, or two in turn.
class Asker : public ImapDialogue {
 public:
  Asker(Run& run, const std::string& account, Asked& asked)
      : ImapDialogue(run.troubles, account, run.password()),
        select_(run.options.text("select", "SELECT INBOX")),
        commands_{run.options.text("ask", "NOOP"), run.options.text("alternate", run.options.text("ask", "NOOP"))},
        times_(static_cast<std::size_t>(run.options.number("times", 1))),
        asked_(asked) {}

 protected:
  void on_login() override { begin(select_); }
  void on_more(std::string_view line) override {
    ++asked_.lines;
    if (line.starts_with("* ")) {
      ++asked_.untagged;
      asked_.last = line.substr(0, 100);
    }
  }
  void on_done() override {
    const double seconds = now() - began_;
    if (!selected_) {
      selected_ = true;
      asked_.select_seconds = seconds;
    } else {
      asked_.seconds.push_back(seconds);
    }
    if (asked_.seconds.size() == times_) {
      finish();
    } else {
      begin(commands_[asked_.seconds.size() % 2]);
    }
  }

 private:
  void begin(const std::string& command) {
    asked_.untagged = asked_.lines = 0;
    began_ = now();
    ask(command);
  }

  std::string select_;
  std::string commands_[2];
  std::size_t times_;
  Asked& asked_;
  double began_ = 0;
  bool selected_ = false;
};

struct Appends {
  MessageMaker maker;
  long total;
  long begun = 0;
  long done = 0;
  std::vector<double> seconds = {};
};

/// APPEND of one message after the other, each as soon as the one before was taken.
class Appender : public ImapDialogue {
 public:
  Appender(Run& run, const std::string& account, Appends& appends)
      : ImapDialogue(run.troubles, account, run.password()), account_(account), appends_(appends) {}

 protected:
  void on_login() override { next(); }
  void on_done() override {
    ++appends_.done;
    appends_.seconds.push_back(now() - began_);
    next();
  }

 private:
  void next() {
    if (appends_.begun == appends_.total) {
      finish();
      return;
    }
    const std::string message = appends_.maker.make(appends_.begun++, "sender@load.test", account_);
    began_ = now();
    ask("APPEND INBOX {" + std::to_string(message.size()) + "+}\r\n" + message);
  }

  std::string account_;
  Appends& appends_;
  double began_ = 0;
};

struct ImapLogIns {
  std::vector<double> seconds = {};  ///< from connecting to the OK of LOGIN
  long over = 0;
};

class ImapVisitor : public ImapDialogue {
 public:
  ImapVisitor(Run& run, const std::string& account, ImapLogIns& log_ins)
      : ImapDialogue(run.troubles, account, run.password()), log_ins_(log_ins), began_(now()) {}

 protected:
  void on_login() override {
    log_ins_.seconds.push_back(now() - began_);
    ask("LOGOUT");
  }
  void on_done() override {
    ++log_ins_.over;
    finish();
  }

 private:
  ImapLogIns& log_ins_;
  double began_;
};

/// SELECT, IDLE, and stays.
class ImapIdler : public ImapDialogue {
 public:
  ImapIdler(Run& run, const std::string& account, std::function<void()> on_idle,
            std::function<void(std::size_t messages)> on_exists)
      : ImapDialogue(run.troubles, account, run.password()),
        on_idle_(std::move(on_idle)),
        on_exists_(std::move(on_exists)) {}

 protected:
  void on_login() override { ask("SELECT INBOX"); }
  void on_done() override { ask("IDLE"); }
  void on_more(std::string_view line) override {
    if (line.starts_with("+ ")) {
      idle_ = true;
      on_idle_();
    } else if (idle_ && line.ends_with(" EXISTS")) {
      on_exists_(std::stoul(std::string(line.substr(2))));
    }
  }

 private:
  std::function<void()> on_idle_;
  std::function<void(std::size_t)> on_exists_;
  bool idle_ = false;
};

}  // namespace

void run_imap(Run& run) {
  Asked asked;
  Driver driver(run.host(), run.options.number("port", 143));
  driver.add(std::make_unique<Asker>(run, run.account(run.options.number("first", 1)), asked));
  driver.run();
  if (run.options.has("expect") && asked.untagged != run.options.number("expect", 0)) {
    run.troubles.add(std::to_string(asked.untagged) + " answers, the last one: " + asked.last);
  }
  run.result.number("select_ms", asked.select_seconds * 1e3, 3).number("untagged", asked.untagged);
  run.result.number("lines", asked.lines).text("last", asked.last);
  if (!asked.seconds.empty()) {
    run.result.number("first_ms", asked.seconds.front() * 1e3, 3).raw("command_ms", percentiles_ms(asked.seconds));
  }
}

void run_append(Run& run) {
  const long connections = run.options.number("connections", 1);
  const long first = run.options.number("first", 1);
  const long users = run.options.number("users", 1);
  Appends appends{.maker = MessageMaker(static_cast<std::size_t>(run.options.number("size", 4096))),
                  .total = run.options.number("messages", 1000)};
  Driver driver(run.host(), run.options.number("port", 143));
  const double began = now();
  for (long i = 0; i < connections; ++i) {
    driver.add(std::make_unique<Appender>(run, run.account(first + i % users), appends));
  }
  driver.run();
  const double seconds = now() - began;
  if (appends.done != appends.total) {
    run.troubles.add("appended " + std::to_string(appends.done) + " messages");
  }
  run.result.number("messages", appends.done).number("seconds", seconds, 4);
  run.result.number("appends_per_s", static_cast<double>(appends.done) / seconds, 1);
  run.result.raw("append_ms", percentiles_ms(appends.seconds));
}

void run_imap_log_ins(Run& run) {
  const long sessions = run.options.number("sessions", 1000);
  const long at_once = run.options.number("connections", 16);
  const long first = run.options.number("first", 1);
  const long users = run.options.number("users", 1);
  ImapLogIns log_ins;
  Driver driver(run.host(), run.options.number("port", 143));
  const double began = now();
  begin_in_turn(run, driver, sessions, at_once, log_ins.over, [&](long number) {
    driver.add(std::make_unique<ImapVisitor>(run, run.account(first + number % users), log_ins));
  });
  const double seconds = now() - began;
  run.result.number("log_ins", log_ins.over).number("seconds", seconds, 4);
  run.result.number("log_ins_per_s", static_cast<double>(log_ins.over) / seconds, 1);
  run.result.raw("log_in_ms", percentiles_ms(log_ins.seconds));
}

void run_imap_idle(Run& run) {
  const long connections = run.options.number("connections", 1000);
  const long first = run.options.number("first", 1);
  const long at_once = run.options.number("log-ins-at-once", 8);
  const auto settle = [&] { std::this_thread::sleep_for(std::chrono::seconds(run.options.number("settle", 3))); };
  long idle = 0;
  Driver driver(run.host(), run.options.number("port", 143));
  const auto hold = [&](long many) {
    begin_in_turn(run, driver, many, at_once, idle, [&](long number) {
      driver.add(std::make_unique<ImapIdler>(run, run.account(first + number), [&] { ++idle; }, [](std::size_t) {}));
    });
  };
  hold(1);  // what the first log-in of all starts is in the figure before
  settle();
  const auto before = run.server.memory();
  hold(connections + 1);
  settle();
  const auto after = run.server.memory();
  run.result.number("connections", idle - 1).raw("before", to_json(before)).raw("with_connections", to_json(after));
  run.result.number("pss_kib_per_connection",
                    static_cast<double>(after.pss_kib - before.pss_kib) / static_cast<double>(connections), 2);
}

// The time from a letter's 250 to the EXISTS that counts it, of a session in IDLE on a mailbox that was empty; what is
// shown before its 250 took no time.
void run_notice(Run& run) {
  const long first = run.options.number("first", 1);
  const long smtp_port = run.options.number("smtp-port", 25);
  const auto letters = static_cast<std::size_t>(run.options.number("messages", 200));
  std::vector<double> shown;
  bool idle = false;
  Driver driver(run.host(), run.options.number("port", 143));
  driver.add(std::make_unique<ImapIdler>(
      run, run.account(first), [&] { idle = true; }, [&](std::size_t messages) { shown.resize(messages, now()); }));
  PacedLetters sender(run, driver, smtp_port,
                      {.rate = static_cast<double>(run.options.number("rate", 50)),
                       .connections = 1,
                       .size = run.options.number("size", 4096),
                       .first = first,
                       .users = 1});
  const auto failed = [&] { return run.troubles.count() > 0; };
  driver.run([&] { return (idle && sender.ready()) || failed(); });
  sender.start();
  driver.run([&] { return sender.taken_at().size() >= letters || failed(); });
  sender.stop();
  driver.run([&] { return shown.size() >= sender.taken_at().size() || failed(); });
  std::vector<double> waits;
  for (std::size_t i = 0; i < std::min(shown.size(), sender.taken_at().size()); ++i) {
    waits.push_back(std::max(0.0, shown[i] - sender.taken_at()[i]));
  }
  run.result.number("letters", sender.taken_at().size()).raw("shown_ms", percentiles_ms(waits));
}

}  // namespace mailload
