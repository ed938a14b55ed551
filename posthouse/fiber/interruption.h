#pragma once
// Waiting for two things at once: whatever a call waits for, and a word from elsewhere.
#include <functional>
#include <mutex>

namespace posthouse::fiber {

namespace detail {
class Task;
}

/// Ends a wait of the fiber (or thread) that made it. Only waits inside run() are ended, so that nothing is broken off
/// half way.
///
///     fiber::Interruption news;
///     mailbox.watch([&] { news.set(); });                    // from any thread
///     while (!news.run([&] { stream.wait_readable(); })) {
///       tell_news();
///     }
class Interruption {
 public:
  Interruption() noexcept;
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Ends the run() under way, or the next one. From any thread, as long as this lives.
  void set() noexcept;
  /// Calls `wait`. False when set() has come, before or meanwhile: `wait` was not called then, or what it waited for has
  /// ended by Error (Errc::canceled), which it must let pass. To be called by the fiber that made this. Throws what
  /// `wait` throws, and Errc::canceled when the Scope is canceled.
  bool run(const std::function<void()>& wait);

 private:
  void begin() noexcept;
  bool end() noexcept;

  detail::Task& task_;
  std::mutex mutex_;
  bool set_ = false;
  bool running_ = false;
};

}  // namespace posthouse::fiber
