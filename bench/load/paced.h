#pragma once
#include <string>
#include <vector>

#include "commands.h"
#include "message.h"

namespace mailload {

class PacedSender;

/// Letters at a steady rate over connections that stay open: each is due at its time, however slow the ones before were,
/// and is sent by a connection that is free. What fails is a trouble.
class PacedLetters {
 public:
  struct Plan {
    double rate;  ///< letters a second
    long connections;
    long size;   ///< octets of each
    long first;  ///< the user who gets the first letter
    long users;  ///< as many get them in turn
  };
  /// Opens the connections to `port` of the driver's host. Both outlive the letters' last event.
  PacedLetters(Run& run, Driver& driver, long port, const Plan& plan);

  bool ready() const { return ready_ == plan_.connections; }
  /// The first letter is due now; call it once when ready().
  void start();
  /// No letter is due any more; the connections end with the driver's next run().
  void stop();

  /// Writes what has come of them: "rate_per_s" that was reached, "from_dot_ms" to the 250, and "from_due_ms", which has the
  /// wait for a free connection and MAIL, RCPT and DATA too.
  void report() const;
  /// When the 250 of each came, in their order.
  const std::vector<double>& taken_at() const { return taken_at_; }
  long accepted() const { return static_cast<long>(from_dot_.size()); }

 private:
  friend class PacedSender;
  double due(long number) const { return began_ + static_cast<double>(number) / plan_.rate; }
  void tick(long number);
  void free(PacedSender& sender);
  void dispatch();

  Run& run_;
  Driver& driver_;
  Plan plan_;
  MessageMaker maker_;
  std::vector<PacedSender*> free_;
  long ready_ = 0;
  long begun_ = 0;  // letters that were given to a connection
  double began_ = 0;
  bool running_ = false;
  bool stopped_ = false;
  std::vector<double> taken_at_;
  std::vector<double> from_dot_;
  std::vector<double> from_due_;
};

}  // namespace mailload
