#pragma once
// Signals are for a program's own threads, not for those that a library starts.
#include <csignal>

namespace posthouse {

/// While it lives, the calling thread takes no signals, nor does any thread that it starts then. For the start of a
/// thread:
///
///     const BlockSignals none;
///     std::thread(work).detach();
class BlockSignals {
 public:
  BlockSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace posthouse
