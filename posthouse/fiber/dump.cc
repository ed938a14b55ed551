#include "posthouse/fiber/dump.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "posthouse/fiber/engine/inventory.h"
#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/engine/wait_list.h"

namespace posthouse::fiber {

using detail::Loop;

namespace {

constexpr auto patience = std::chrono::seconds(1);

// What the loops answer. Shared with them, since one may answer when nobody waits any more.
class Census {
 public:
  void expect(const Loop& loop) {
    const std::lock_guard lock(mutex_);
    missing_.push_back(&loop);
    numbers_.push_back(loop.index());
  }
  void forget(const Loop& loop) {
    const std::lock_guard lock(mutex_);
    remove(loop);
  }
  void answer(const Loop& loop, std::vector<FiberInfo> fibers) {
    detail::Wakeups wakeups;
    const std::lock_guard lock(mutex_);
    list_.fibers.insert(list_.fibers.end(), std::make_move_iterator(fibers.begin()),
                        std::make_move_iterator(fibers.end()));
    remove(loop);
    if (missing_.empty()) {
      complete_.notify_all(wakeups);
    }
  }
  FiberList wait() {
    std::unique_lock lock(mutex_);
    const Deadline deadline = patience;
    using detail::WaitList;
    while (!missing_.empty() &&
           complete_.wait(lock, deadline, WaitList::Cancel::ignored) == WaitList::Result::notified) {
    }
    list_.silent_loops = numbers_;
    std::stable_sort(list_.fibers.begin(), list_.fibers.end(),
                     [](const FiberInfo& a, const FiberInfo& b) { return a.loop < b.loop; });
    return std::move(list_);
  }

 private:
  void remove(const Loop& loop) {
    const auto place = std::find(missing_.begin(), missing_.end(), &loop);
    if (place == missing_.end()) {
      return;
    }
    numbers_.erase(numbers_.begin() + (place - missing_.begin()));
    missing_.erase(place);
  }

  std::mutex mutex_;
  std::vector<const Loop*> missing_;
  std::vector<unsigned> numbers_;  // theirs; a loop may be gone by the time it is called silent
  FiberList list_;
  detail::WaitList complete_{"the loops' lists of fibers"};
};

}  // namespace

FiberList list_fibers() {
  const auto census = std::make_shared<Census>();
  Loop* const here = Loop::current();
  Loop::for_each([&](Loop& loop) {
    census->expect(loop);
    if (&loop != here && !loop.post([census, &loop] { census->answer(loop, detail::fibers_of(loop)); })) {
      census->forget(loop);
    }
  });
  if (here != nullptr) {
    census->answer(*here, detail::fibers_of(*here));
  }
  return census->wait();
}

std::string dump_fibers() {
  const FiberList list = list_fibers();
  std::string text = std::to_string(list.fibers.size()) + (list.fibers.size() == 1 ? " fiber\n" : " fibers\n");
  text += detail::lines_of(list.fibers);
  for (const unsigned loop : list.silent_loops) {
    text += "  loop " + std::to_string(loop) + " does not answer: a fiber keeps its thread busy or blocks it\n";
  }
  return text;
}

}  // namespace posthouse::fiber
