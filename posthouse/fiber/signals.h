#pragma once
// Signals as something to wait for.
#include <initializer_list>
#include <memory>

#include "posthouse/fiber/time.h"

namespace posthouse::fiber {

/// Catches signals while it lives and gives them to whoever waits; afterwards they do what they did before.
///
///     fiber::Signals signals({SIGTERM, SIGINT});
///     signals.wait();
///     scope.cancel();
///
/// A signal is caught by one Signals at a time (Errc::invalid otherwise). SIGPIPE needs no catching: no write of this
/// library raises it.
class Signals {
 public:
  /// Catches `signals` from now on. Throws Error: Errc::invalid when one is caught already or cannot be, Errc::system.
  explicit Signals(std::initializer_list<int> signals);
  Signals(Signals&&) noexcept;
  Signals& operator=(Signals&&) noexcept;
  /// The signals do what they did before. wait() must not be under way.
  ~Signals();

  /// Waits for the next signal and returns its number; 0 when the deadline passed. Throws Errc::canceled. One caller at
  /// a time.
  int wait(Deadline deadline = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::fiber
