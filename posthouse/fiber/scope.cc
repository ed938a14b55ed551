#include "posthouse/fiber/scope.h"

#include <algorithm>
#include <exception>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "posthouse/fiber/engine/runtime.h"
#include "posthouse/fiber/engine/task.h"
#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber {

using detail::Fiber;
using detail::Loop;
using detail::Task;
using detail::ThreadTask;
using detail::WaitList;

// A child takes itself off the list under the mutex when it has ended; while it is on the list it can be woken.
struct Scope::State {
  struct Thread {
    ThreadTask task;
    std::thread thread;
  };

  mutable std::mutex mutex;
  Task* first = nullptr;
  std::size_t running = 0;
  bool canceled = false;
  std::exception_ptr error;
  WaitList ended{"the fibers of a Scope"};  // notified when running falls to 0
  std::list<Thread> threads;                // running, in thread mode
  std::list<Thread> to_be_joined;

  void add(Task& task) noexcept {
    task.scope_next = first;
    if (first != nullptr) {
      first->scope_previous = &task;
    }
    first = &task;
    ++running;
  }

  void remove(Task& task) noexcept {
    (task.scope_previous == nullptr ? first : task.scope_previous->scope_next) = task.scope_next;
    if (task.scope_next != nullptr) {
      task.scope_next->scope_previous = task.scope_previous;
    }
    --running;
  }

  void cancel_locked() noexcept {
    canceled = true;
    for (Task* task = first; task != nullptr; task = task->scope_next) {
      task->request_cancel();
    }
  }

  // The whole life of a child; `thread` is where it stands in `threads` when it is one. The owner may be gone as soon
  // as the mutex is released.
  void run_child(UniqueFunction& f, Task& task, const std::list<Thread>::iterator* thread = nullptr) noexcept {
    std::exception_ptr failure;
    bool is_cancellation = false;
    try {
      f();
    } catch (const Error& caught) {
      failure = std::current_exception();
      is_cancellation = caught.errc() == Errc::canceled;
    } catch (...) {
      failure = std::current_exception();
    }
    f = {};
    task.locals().clear();
    detail::Wakeups wakeups;
    const std::lock_guard lock(mutex);
    remove(task);
    if (failure && !(canceled && is_cancellation) && !error) {
      error = std::move(failure);
      cancel_locked();
    }
    failure = nullptr;
    if (thread != nullptr) {
      to_be_joined.splice(to_be_joined.end(), threads, *thread);
    }
    if (running == 0) {
      ended.notify_all(wakeups);
    }
  }

  // Joins the threads whose functions have ended.
  void reap() {
    std::list<Thread> done;
    {
      const std::lock_guard lock(mutex);
      done.swap(to_be_joined);
    }
    for (Thread& each : done) {
      each.thread.join();
    }
  }
};

Scope::Scope() : state_(std::make_unique<State>()) {}

Scope::~Scope() {
  std::unique_lock lock(state_->mutex);
  if (state_->running > 0) {
    state_->cancel_locked();
    while (state_->running > 0) {
      state_->ended.wait(lock, {}, WaitList::Cancel::ignored);
    }
  }
  lock.unlock();
  state_->reap();
}

void Scope::spawn(UniqueFunction f, std::string name) {
  const Loop* here = Loop::current();
  spawn_on(here == nullptr ? 0 : here->index(), std::move(f), std::move(name));
}

void Scope::spawn_on(unsigned loop_number, UniqueFunction f, std::string name) {
  State& state = *state_;
  if (Loop* loop = Loop::current(); loop != nullptr) {
    struct Child {
      State& state;
      UniqueFunction f;
      void operator()() { state.run_child(f, Task::current()); }
    };
    Fiber& fiber = loop->runtime().loop(loop_number).make_fiber(Child{state, std::move(f)}, std::move(name));
    const std::lock_guard lock(state.mutex);
    state.add(fiber);
    if (state.canceled) {
      fiber.start_canceled();
    }
    fiber.wake();
    return;
  }
  state.reap();
  const std::lock_guard lock(state.mutex);
  auto& child = state.threads.emplace_back();
  const auto place = std::prev(state.threads.end());
  if (state.canceled) {
    child.task.start_canceled();
  }
  try {
    child.task.prepare_to_poll();
    child.thread = std::thread([&state, place, f = std::move(f)]() mutable {
      place->task.install();
      state.run_child(f, place->task, &place);
    });
  } catch (const Error&) {
    state.threads.pop_back();
    throw;
  } catch (const std::system_error& failure) {
    state.threads.pop_back();
    throw Error(Errc::system, "cannot start a thread", failure.code().value(), true);
  }
  state.add(child.task);  // the mutex keeps it from ending before
}

void Scope::join() {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  bool interrupted = false;
  while (state.running > 0) {
    const auto cancel = interrupted ? WaitList::Cancel::ignored : WaitList::Cancel::heeded;
    if (state.ended.wait(lock, {}, cancel) == WaitList::Result::interrupted) {
      interrupted = true;
      state.cancel_locked();
    }
  }
  std::exception_ptr error = std::exchange(state.error, nullptr);
  state.canceled = false;
  lock.unlock();
  state.reap();
  if (error) {
    std::rethrow_exception(std::move(error));
  }
  if (interrupted) {
    detail::throw_interrupted();
  }
}

void Scope::cancel() noexcept {
  const std::lock_guard lock(state_->mutex);
  state_->cancel_locked();
}

bool Scope::canceled() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->canceled;
}

std::size_t Scope::size() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->running;
}

Shield::Shield() noexcept {
  Task& task = Task::current();
  task.shield();
  bound_ = task.set_bound(TimePoint::max());
}
Shield::~Shield() {
  Task& task = Task::current();
  task.unshield();
  task.set_bound(bound_);
}

DeadlineScope::DeadlineScope(Deadline deadline) noexcept {
  Task& task = Task::current();
  moment_ = task.bounded(deadline.moment());
  outer_ = task.set_bound(moment_);
}
DeadlineScope::~DeadlineScope() {
  Task::current().set_bound(outer_);
}

bool cancel_requested() noexcept {
  return Task::current().cancel_requested();
}
void throw_if_canceled() {
  Task::current().throw_if_canceled();
}
void throw_if_interrupted() {
  throw_if_canceled();
  detail::throw_if_bound_passed();
}

}  // namespace posthouse::fiber
