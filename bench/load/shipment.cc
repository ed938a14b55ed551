#include "shipment.h"

#include <memory>
#include <utility>

#include "smtp_dialogue.h"

namespace mailload {
namespace {

class Sender : public SmtpDialogue {
 public:
  explicit Sender(Shipment& shipment) : SmtpDialogue(shipment.lmtp), shipment_(shipment) {
    if (shipment.log_in) {
      authenticate(shipment.sender, shipment.run.password());
    }
  }

 protected:
  void on_ready() override {
    if (shipment_.next == shipment_.total) {
      quit();
      return;
    }
    const long number = shipment_.next++;
    const auto recipients = shipment_.recipients(number);
    std::string message = shipment_.maker.make(number, shipment_.sender, recipients.front());
    began_ = now();
    transaction(shipment_.sender, recipients, std::move(message));
  }
  void on_accepted() override {
    shipment_.latencies.push_back(now() - began_);
    ++shipment_.accepted;
  }
  void on_quit() override { finish(); }
  void on_failure(const std::string& why) override {
    shipment_.run.troubles.add(why);
    if (shipment_.run.troubles.count() > failures_endured) {
      finish();
    } else {
      reconnect();
    }
  }

 private:
  Shipment& shipment_;
  double began_ = 0;
};

}  // namespace

void Shipment::send(Driver& driver, long connections) {
  for (long i = 0; i < connections; ++i) {
    driver.add(std::make_unique<Sender>(*this));
  }
  driver.run([&] { return accepted == total; });
  if (accepted < total) {
    run.troubles.add("not all messages were accepted");
  }
}

}  // namespace mailload
