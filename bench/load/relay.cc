// mailload relay: letters for elsewhere are handed in, and this program is the next hop that takes them.
#include <algorithm>

#include "commands.h"
#include "shipment.h"

namespace mailload {
namespace {

struct Taken {
  Run& run;
  long total;
  long letters = 0;
  long sessions = 0;
  long open = 0;
  long most_open = 0;
  std::vector<bool> numbers = {};  ///< which letters came, by the number in their subject
};

/// The server side of SMTP, which takes all.
class SinkSession : public Dialogue {
 public:
  explicit SinkSession(Taken& taken) : taken_(taken) {}
  ~SinkSession() override { --taken_.open; }

 protected:
  void on_open() override {
    ++taken_.sessions;
    taken_.most_open = std::max(taken_.most_open, ++taken_.open);
    send("220 sink.load.test ESMTP\r\n");
  }
  void on_line(std::string_view line) override {
    if (in_message_) {
      take(line);
    } else if (line.starts_with("EHLO")) {
      send("250-sink.load.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE\r\n");
    } else if (line.starts_with("DATA")) {
      in_message_ = true;
      number_ = -1;
      send("354 go on\r\n");
    } else if (line.starts_with("QUIT")) {
      send("221 bye\r\n");
      finish();
    } else {
      send("250 ok\r\n");
    }
  }
  void on_failure(const std::string&) override { finish(); }  // whoever relays may leave as it likes; the letters count

 private:
  void take(std::string_view line) {
    static constexpr std::string_view subject = "Subject: message number ";
    if (line.starts_with(subject) && number_ < 0) {
      number_ = std::atol(std::string(line.substr(subject.size())).c_str());
    }
    if (line != ".") {
      return;
    }
    in_message_ = false;
    if (number_ < 0 || number_ >= taken_.total || taken_.numbers[static_cast<std::size_t>(number_)]) {
      taken_.run.troubles.add("a letter came twice, or was not sent: " + std::to_string(number_));
    } else {
      taken_.numbers[static_cast<std::size_t>(number_)] = true;
      ++taken_.letters;
    }
    send("250 taken\r\n");
  }

  Taken& taken_;
  bool in_message_ = false;
  long number_ = -1;
};

}  // namespace

void run_relay(Run& run) {
  const long total = run.options.number("messages", 5000);
  const long domains = run.options.number("domains", 1);
  const ListeningSocket socket(run.options.number("sink-port", 0));
  const auto recipients_of = [&](long number) {
    return std::vector{"r" + std::to_string(number) + "@d" + std::to_string(number % domains) + ".elsewhere.test"};
  };
  Shipment shipment{.run = run,
                    .maker = MessageMaker(static_cast<std::size_t>(run.options.number("size", 4096))),
                    .total = total,
                    .recipients = recipients_of,
                    .sender = run.account(run.options.number("first", 1)),
                    .log_in = run.options.number("log-in", 0) != 0};
  const double handed_in = now();
  Driver driver(run.host(), run.options.number("port", 25));
  shipment.send(driver, run.options.number("connections", 16));
  const double began = now();
  if (run.troubles.count() > 0) {
    return;
  }
  Taken taken{.run = run, .total = total};
  taken.numbers.resize(static_cast<std::size_t>(total));
  Driver sink(run.host(), 0);
  sink.accept(socket, [&] { return std::make_unique<SinkSession>(taken); });
  sink.run([&] { return taken.letters == total || run.troubles.count() > 0; });
  const double seconds = now() - began;
  driver.run();
  run.result.number("messages", total).number("domains", domains);
  run.result.number("queued_per_s", static_cast<double>(total) / (began - handed_in), 1);
  run.result.number("seconds", seconds, 3).number("relayed_per_s", static_cast<double>(taken.letters) / seconds, 1);
  run.result.number("sessions", taken.sessions).number("most_sessions_at_once", taken.most_open);
}

}  // namespace mailload
