#pragma once
#include <functional>
#include <string>
#include <vector>

#include "commands.h"
#include "message.h"

namespace mailload {

/// Letters that several connections send, each as soon as its last one was taken: the next number to send, what was
/// accepted, and how long each letter took from MAIL to its 250.
struct Shipment {
  Run& run;
  MessageMaker maker;
  long total;
  std::function<std::vector<std::string>(long number)> recipients;  ///< of letter `number`, which counts from 0
  std::string sender = "sender@load.test";
  bool lmtp = false;
  bool log_in = false;  ///< as `sender`
  long next = 0;
  long accepted = 0;
  std::vector<double> latencies = {};

  /// Sends all over so many connections of the driver, and returns when the last one was accepted; the QUITs come with the
  /// driver's next run(). What fails is a trouble, and so is a letter that was not accepted.
  void send(Driver& driver, long connections);
};

/// After so many troubles a load gives up.
inline constexpr long failures_endured = 20;

}  // namespace mailload
