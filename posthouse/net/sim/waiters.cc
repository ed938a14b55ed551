#include "posthouse/net/sim/waiters.h"

#include <optional>
#include <string>

namespace posthouse::net::sim {

namespace {

struct Sender final : fiber::detail::HasPeer {
  explicit Sender(const Address& from) noexcept : address(from) {}
  std::string peer_name() const override { return address.to_string(); }
  const Address& address;
};

}  // namespace

void Waiters::wait(TimePoint moment, const Address* from) {
  fiber::detail::Task& task = fiber::detail::Task::current();
  task.throw_if_canceled();
  std::optional<Sender> sender;
  task.waits_for = {.what = what_, .object = this};
  if (from != nullptr) {
    task.waits_for = {
        .what = what_, .has_peer = true, .object = static_cast<fiber::detail::HasPeer*>(&sender.emplace(*from))};
  }
  waiting_.push_back(&task);
  task.park(moment);
  std::erase(waiting_, &task);
  task.throw_if_canceled();
}

void Waiters::wake() noexcept {
  for (fiber::detail::Task* task : waiting_) {
    task->wake();
  }
}

}  // namespace posthouse::net::sim
