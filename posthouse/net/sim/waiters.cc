#include "posthouse/net/sim/waiters.h"

#include "posthouse/fiber/engine/task.h"

namespace posthouse::net::sim {

void Waiters::wait(TimePoint moment, const Address* from) {
  detail::Task& task = detail::Task::current();
  task.throw_if_canceled();
  task.waits_for = {.what = what_, .has_peer = from != nullptr, .object = from};
  if (from == nullptr) {
    task.waits_for.object = this;
  }
  waiting_.push_back(&task);
  task.park(moment);
  std::erase(waiting_, &task);
  task.throw_if_canceled();
}

void Waiters::wake() noexcept {
  for (detail::Task* task : waiting_) {
    task->wake();
  }
}

}  // namespace posthouse::net::sim
