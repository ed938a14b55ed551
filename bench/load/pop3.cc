// mailload pop3 and idle: whole mailboxes fetched, and logged-in connections held open.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "commands.h"
#include "pop3_dialogue.h"

namespace mailload {
namespace {

/// Asks STAT and leaves.
class Counter : public Pop3Dialogue {
 public:
  Counter(Run& run, const std::string& account, long& count)
      : Pop3Dialogue(run.troubles, account, run.password()), count_(count) {}

 protected:
  void on_login() override { send("STAT\r\n"); }
  void on_answer(std::string_view first_line, long) override {
    if (counted_) {
      finish();
      return;
    }
    counted_ = true;
    count_ = first_number(first_line);
    send("QUIT\r\n");
  }

 private:
  long& count_;
  bool counted_ = false;
};

struct Fetched {
  long messages = 0;
  long octets = 0;            ///< of the RETR answers
  double log_in_seconds = 0;  ///< from the start to the end of LIST and UIDL
  double retrieve_seconds = 0;
  bool whole = false;  ///< STAT, LIST, UIDL and RETR agreed and QUIT was answered
};

/// Log-in, STAT, LIST, UIDL, RETR of every message, QUIT: what a client does that leaves its mail on the server.
class Fetcher : public Pop3Dialogue {
 public:
  /// @param window how many RETR are under way at once (1: each answer is awaited first).
  Fetcher(Run& run, const std::string& account, long window, Fetched& fetched)
      : Pop3Dialogue(run.troubles, account, run.password()), window_(window), fetched_(fetched), began_(now()) {}

 protected:
  void on_login() override { send("STAT\r\n"); }

  void on_answer(std::string_view first_line, long lines) override {
    switch (step_) {
      case Step::stat:
        messages_ = first_number(first_line);
        ask(Step::list, "LIST\r\n");
        break;
      case Step::list:
        if (lines != messages_) {
          return on_failure("LIST and STAT differ");
        }
        ask(Step::uidl, "UIDL\r\n");
        break;
      case Step::uidl:
        if (lines != messages_) {
          return on_failure("UIDL and STAT differ");
        }
        step_ = Step::retrieve;
        fetched_.log_in_seconds = now() - began_;
        received_before_ = received();
        retrieve_more();
        break;
      case Step::retrieve:
        ++fetched_.messages;
        retrieve_more();
        break;
      case Step::quit:
        fetched_.whole = fetched_.messages == messages_;
        finish();
        break;
    }
  }

 private:
  enum class Step { stat, list, uidl, retrieve, quit };

  void ask(Step step, std::string_view command) {
    step_ = step;
    expect_many_lines(true);
    send(command);
  }

  void retrieve_more() {
    std::string commands;
    while (asked_ < messages_ && asked_ - fetched_.messages < window_) {
      commands += "RETR " + std::to_string(++asked_) + "\r\n";
    }
    if (!commands.empty()) {
      send(commands);
    }
    if (fetched_.messages < messages_) {
      return;
    }
    fetched_.retrieve_seconds = now() - began_ - fetched_.log_in_seconds;
    fetched_.octets = received() - received_before_;
    step_ = Step::quit;
    expect_many_lines(false);
    send("QUIT\r\n");
  }

  long window_;
  Fetched& fetched_;
  double began_;
  Step step_ = Step::stat;
  long messages_ = 0;
  long asked_ = 0;
  long received_before_ = 0;
};

/// Logs in and stays.
class Idler : public Pop3Dialogue {
 public:
  Idler(Run& run, const std::string& account, long& logged_in)
      : Pop3Dialogue(run.troubles, account, run.password()), logged_in_(logged_in) {}

 protected:
  void on_login() override { ++logged_in_; }
  void on_answer(std::string_view, long) override {}

 private:
  long& logged_in_;
};

}  // namespace

long pop3_count(Run& run, long port, const std::string& account) {
  long count = -1;
  Driver driver(run.host(), port);
  driver.add(std::make_unique<Counter>(run, account, count));
  driver.run();
  if (count < 0) {
    throw std::runtime_error("no POP3 STAT for " + account);
  }
  return count;
}

void run_pop3(Run& run) {
  const long connections = run.options.number("connections", 1);
  const long first = run.options.number("first", 1);
  std::vector<Fetched> all(static_cast<std::size_t>(connections));
  const double began = now();
  Driver driver(run.host(), run.options.number("port", 110));
  for (long i = 0; i < connections; ++i) {
    driver.add(std::make_unique<Fetcher>(run, run.account(first + i), run.options.number("window", 1),
                                         all[static_cast<std::size_t>(i)]));
  }
  driver.run();
  const double seconds = now() - began;

  Fetched sum;
  for (const Fetched& one : all) {
    sum.messages += one.messages;
    sum.octets += one.octets;
    sum.log_in_seconds = std::max(sum.log_in_seconds, one.log_in_seconds);
    sum.retrieve_seconds = std::max(sum.retrieve_seconds, one.retrieve_seconds);
    if (!one.whole) {
      run.troubles.add("a mailbox was not fetched whole");
    }
  }
  if (run.options.has("expect") && sum.messages != run.options.number("expect", 0)) {
    run.troubles.add("fetched " + std::to_string(sum.messages) + " messages");
  }
  run.result.number("connections", connections).number("messages", sum.messages).number("octets", sum.octets);
  run.result.number("seconds", seconds, 4).number("messages_per_s", static_cast<double>(sum.messages) / seconds, 1);
  run.result.number("log_in_list_uidl_seconds", sum.log_in_seconds, 4)
      .number("retrieve_seconds", sum.retrieve_seconds, 4);
}

void run_idle(Run& run) {
  const long connections = run.options.number("connections", 1000);
  const long first = run.options.number("first", 1);
  const long port = run.options.number("port", 110);
  const auto settle = [&] { std::this_thread::sleep_for(std::chrono::seconds(run.options.number("settle", 3))); };

  pop3_count(run, port, run.account(first));  // what the first log-in of all starts is in the figure before
  settle();
  const auto before = run.server.memory();
  const double began = now();
  long logged_in = 0;
  Driver driver(run.host(), port);
  begin_in_turn(run, driver, connections, run.options.number("log-ins-at-once", 8), logged_in,
                [&](long number) { driver.add(std::make_unique<Idler>(run, run.account(first + number), logged_in)); });
  const double seconds = now() - began;
  settle();
  const auto after = run.server.memory();

  run.result.number("connections", logged_in).number("log_in_seconds", seconds, 2);
  run.result.raw("before", to_json(before)).raw("with_connections", to_json(after));
  run.result.number("pss_kib_per_connection",
                    static_cast<double>(after.pss_kib - before.pss_kib) / static_cast<double>(logged_in), 2);
  if (logged_in < connections) {
    run.troubles.add("not all connections logged in");
  }
}

}  // namespace mailload
