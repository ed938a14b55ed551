#pragma once
// Waiting for descriptors that another library reads and writes.
#include <memory>

#include "posthouse/fiber/time.h"

namespace posthouse::fiber {

/// A descriptor of a library that has calls which return instead of waiting: where it would wait, we do. Used by one
/// fiber or thread at a time. Does not own the descriptor, which should be non-blocking.
///
///     fiber::ForeignDescriptor foreign(PQsocket(connection));
///     while (PQisBusy(connection)) { foreign.wait(true, false); PQconsumeInput(connection); }
class ForeignDescriptor {
 public:
  /// Keeps a duplicate of `descriptor`. Throws Error when there are too many.
  explicit ForeignDescriptor(int descriptor);
  ForeignDescriptor(const ForeignDescriptor&) = delete;
  ForeignDescriptor& operator=(const ForeignDescriptor&) = delete;
  ~ForeignDescriptor();

  /// Parks the fiber, or blocks the thread, until there is input or room for output, whichever is asked for, or the
  /// peer is gone. To be called after a read (a write) that found nothing to do; may return early. False when `deadline`
  /// passed first. Throws Error: canceled; timeout when the deadline of a DeadlineScope ended it. The library's call
  /// that waits is then broken off half way: make it fail (a shutdown() of its socket does), and go on with it until it
  /// has.
  bool wait(bool input, bool output, Deadline deadline = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::fiber
