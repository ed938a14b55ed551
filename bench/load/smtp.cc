// mailload smtp: sends messages over SMTP or LMTP and says how fast they were accepted, and how fast all were visible.
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "commands.h"
#include "message.h"
#include "shipment.h"
#include "smtp_dialogue.h"
#include <dirent.h>

namespace mailload {
namespace {

long count_files(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(opendir(directory.c_str()), closedir);
  long count = 0;
  while (const dirent* entry = handle ? readdir(handle.get()) : nullptr) {
    count += entry->d_name[0] != '.';
  }
  return count;
}

/// How many messages the mailboxes hold: by counting Maildir files, which costs the server nothing, or by POP3 STAT.
class Mailboxes {
 public:
  Mailboxes(Run& run, long first_user, long users) : run_(run), first_user_(first_user), users_(users) {}

  bool can_be_seen() const { return run_.options.has("maildirs") || run_.options.has("pop3-port"); }
  long count() const {
    long count = 0;
    for (long user = first_user_; user < first_user_ + users_; ++user) {
      count += run_.options.has("maildirs") ? files(user) : pop3_messages(user);
    }
    return count;
  }
  long pop3_messages(long user) const {
    return pop3_count(run_, run_.options.number("pop3-port", 0), run_.account(user));
  }
  long pop3_messages() const {
    long count = 0;
    for (long user = first_user_; user < first_user_ + users_; ++user) {
      count += pop3_messages(user);
    }
    return count;
  }

 private:
  long files(long user) const {
    std::istringstream directories(run_.options.text("maildirs"));
    long count = 0;
    for (std::string one; std::getline(directories, one, ',');) {
      count += count_files(numbered(one, user));
    }
    return count;
  }

  Run& run_;
  long first_user_;
  long users_;
};

/// Looks until all are there. The first look follows the last 250 at once, before anything else could be delivered.
void wait_until_visible(Run& run, const Mailboxes& mailboxes, long expected, long before, double began) {
  const double accepted = now();
  const double give_up = accepted + static_cast<double>(run.options.number("wait", 300));
  long visible = mailboxes.count() - before;
  run.result.number("visible_at_first_look", visible);
  while (visible < expected && now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    visible = mailboxes.count() - before;
  }
  const double seconds = now() - began;
  run.result.number("visible", visible).number("visible_seconds", seconds, 3);
  run.result.number("visible_per_s", static_cast<double>(visible) / seconds, 1);
  run.result.number("visible_after_last_250_ms", (now() - accepted) * 1e3, 1);
  if (visible < expected) {
    run.troubles.add("not all messages became visible");
  }
}

}  // namespace

void run_smtp(Run& run) {
  const long connections = run.options.number("connections", 1);
  const long size = run.options.number("size", 4096);
  const long first = run.options.number("first", 1);
  const long users = run.options.number("users", 1);
  const long recipients = run.options.number("recipients", 1);
  if (recipients < 1 || recipients > users) {
    throw std::runtime_error("--recipients wants at least as many --users");
  }
  const auto recipients_of = [&](long number) {
    std::vector<std::string> all;
    for (long i = 0; i < recipients; ++i) {
      all.push_back(run.account(first + (number * recipients + i) % users));
    }
    return all;
  };
  Shipment shipment{.run = run,
                    .maker = MessageMaker(static_cast<std::size_t>(size)),
                    .total = run.options.number("messages", 1000),
                    .recipients = recipients_of,
                    .lmtp = run.options.number("lmtp", 0) != 0};
  const Mailboxes mailboxes(run, first, users);
  const long before = mailboxes.can_be_seen() ? mailboxes.count() : 0;

  const double began = now();
  Driver driver(run.host(), run.options.number("port", 25));
  shipment.send(driver, connections);
  const double seconds = now() - began;

  run.result.number("messages", shipment.total).number("size", size).number("connections", connections);
  run.result.number("accepted", shipment.accepted).number("seconds", seconds, 4);
  run.result.number("accepted_per_s", static_cast<double>(shipment.accepted) / seconds, 1);
  run.result.raw("latency_ms", percentiles_ms(shipment.latencies));
  if (mailboxes.can_be_seen()) {
    wait_until_visible(run, mailboxes, shipment.accepted * recipients, before, began);
  }
  if (run.options.has("pop3-port")) {
    run.result.number("pop3_count", mailboxes.pop3_messages());
  }
  driver.run();
}

namespace {

class Caller : public SmtpDialogue {
 public:
  struct Calls {
    Run& run;
    long limit;
    double until;
    long made = 0;
    std::vector<double> latencies;
  };
  explicit Caller(Calls& calls) : calls_(calls) {}

 protected:
  void on_open() override {
    SmtpDialogue::on_open();
    began_ = now();
  }
  void on_ready() override { quit(); }
  void on_quit() override {
    calls_.latencies.push_back(now() - began_);
    go_on_or_finish();
  }
  void on_failure(const std::string& why) override {
    calls_.run.troubles.add(why);
    go_on_or_finish();
  }

 private:
  void go_on_or_finish() {
    const bool over = ++calls_.made >= calls_.limit || now() > calls_.until;
    if (over || calls_.run.troubles.count() > failures_endured) {
      finish();
    } else {
      reconnect();
    }
  }

  Calls& calls_;
  double began_ = 0;
};

}  // namespace

void run_connrate(Run& run) {
  const long connections = run.options.number("connections", 16);
  const double began = now();
  Caller::Calls calls{.run = run,
                      .limit = run.options.number("sessions", 20'000),
                      .until = began + static_cast<double>(run.options.number("seconds", 5)),
                      .latencies = {}};
  Driver driver(run.host(), run.options.number("port", 25));
  for (long i = 0; i < connections; ++i) {
    driver.add(std::make_unique<Caller>(calls));
  }
  driver.run();
  const double seconds = now() - began;
  run.result.number("connections", connections)
      .number("sessions", calls.latencies.size())
      .number("seconds", seconds, 3);
  run.result.number("sessions_per_s", static_cast<double>(calls.latencies.size()) / seconds, 1);
  run.result.raw("latency_ms", percentiles_ms(calls.latencies));
}

}  // namespace mailload
