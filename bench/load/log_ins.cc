// mailload log-ins: many POP3 log-ins at once.
#include "commands.h"
#include "pop3_dialogue.h"

namespace mailload {
namespace {

struct LogIns {
  std::vector<double> log_in_seconds = {};  ///< from connecting to the +OK of PASS
  std::vector<double> stat_seconds = {};    ///< from connecting to the answer of STAT
  long messages = 0;                        ///< the sum of what STAT says
  long in_use = 0;                          ///< log-ins that found the mailbox in use and were tried again
  long failed = 0;
  std::string first_failure = {};
  long over = 0;  ///< sessions that have ended
};

class Visitor : public Pop3Dialogue {
 public:
  Visitor(Run& run, const std::string& account, LogIns& log_ins)
      : Pop3Dialogue(run.troubles, account, run.password()), log_ins_(log_ins), began_(now()) {}

 protected:
  void on_login() override {
    log_ins_.log_in_seconds.push_back(now() - began_);
    send("STAT\r\n");
  }
  void on_refusal(const std::string& line) override {
    if (line.starts_with("-ERR [IN-USE]")) {
      ++log_ins_.in_use;
      log_in();
    } else {
      on_failure("POP3: " + line);
    }
  }
  // Not a trouble: how many cannot log in is a figure.
  void on_failure(const std::string& why) override {
    if (log_ins_.failed++ == 0) {
      log_ins_.first_failure = why;
    }
    end();
  }
  void on_answer(std::string_view first_line, long) override {
    if (told_) {
      end();
      return;
    }
    told_ = true;
    log_ins_.stat_seconds.push_back(now() - began_);
    log_ins_.messages += first_number(first_line);
    send("QUIT\r\n");
  }

 private:
  void end() {
    ++log_ins_.over;
    finish();
  }

  LogIns& log_ins_;
  double began_;
  bool told_ = false;
};

}  // namespace

void run_log_ins(Run& run) {
  const long connections = run.options.number("connections", 1);
  const long first = run.options.number("first", 1);
  const long users = run.options.number("users", connections);
  LogIns log_ins;
  const double began = now();
  Driver driver(run.host(), run.options.number("port", 110));
  const long at_once = run.options.number("at-once", connections);
  begin_in_turn(run, driver, connections, at_once, log_ins.over, [&](long number) {
    driver.add(std::make_unique<Visitor>(run, run.account(first + number % users), log_ins));
  });
  const double seconds = now() - began;
  const auto done = log_ins.stat_seconds.size();
  run.result.number("connections", connections).number("users", users).number("log_ins", done);
  run.result.number("seconds", seconds, 4).number("log_ins_per_s", static_cast<double>(done) / seconds, 1);
  run.result.number("messages", log_ins.messages).number("found_in_use", log_ins.in_use);
  run.result.number("failed", log_ins.failed).text("first_failure", log_ins.first_failure);
  if (done == 0) {
    run.troubles.add(log_ins.first_failure);
  }
  run.result.raw("log_in_ms", percentiles_ms(log_ins.log_in_seconds));
  run.result.raw("stat_ms", percentiles_ms(log_ins.stat_seconds));
}

}  // namespace mailload
