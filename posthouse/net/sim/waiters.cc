#include "posthouse/net/sim/waiters.h"

#include "posthouse/net/fibers/task.h"

namespace posthouse::net::sim {

void Waiters::wait(TimePoint moment) {
  detail::Task& task = detail::Task::current();
  task.throw_if_canceled();
  waiting_.push_back(&task);
  task.park(moment);
  std::erase(waiting_, &task);
  task.throw_if_canceled();
}

void Waiters::wake() noexcept {
  for (detail::Task* task : waiting_) task->wake();
}

}  // namespace posthouse::net::sim
