#pragma once
// Dumps of all fibers at a signal: RunOptions::dump_signal. (Internal to the module.)
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/signals.h"

namespace posthouse::fiber::detail {

/// While it lives, a thread of its own writes dump_fibers() to standard error at each `signal`. A thread, so that it
/// also works while a fiber keeps a loop busy.
class SignalDumper {
 public:
  /// In a plain thread. Throws Error as Signals does.
  explicit SignalDumper(int signal);

 private:
  Signals signals_;
  Scope thread_;  // last: its destructor ends the thread, which uses the rest
};

}  // namespace posthouse::fiber::detail
