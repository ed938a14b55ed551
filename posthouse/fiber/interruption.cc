#include "posthouse/fiber/interruption.h"

#include <utility>

#include "posthouse/fiber/engine/task.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber {

Interruption::Interruption() noexcept : task_(detail::Task::current()) {}

void Interruption::set() noexcept {
  const std::lock_guard lock(mutex_);
  set_ = true;
  if (running_) {
    task_.interrupt();
  }
}

// Waits end from now on.
void Interruption::begin() noexcept {
  const std::lock_guard lock(mutex_);
  running_ = true;
  if (set_) {
    task_.interrupt();
  }
}

// Waits are as they were; true when set() has come.
bool Interruption::end() noexcept {
  const std::lock_guard lock(mutex_);
  running_ = false;
  task_.end_interruption();
  return std::exchange(set_, false);
}

bool Interruption::run(const std::function<void()>& wait) {
  begin();
  try {
    wait();
  } catch (const Error& error) {
    const bool was_set = end();
    if (!was_set || error.errc() != Errc::canceled || task_.cancel_requested()) {
      throw;
    }
    return false;
  } catch (...) {
    end();
    throw;
  }
  return !end();
}

}  // namespace posthouse::fiber
