#include "posthouse/fiber/engine/runtime.h"

#include "posthouse/fiber/engine/task.h"
#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber::detail {

// A job lives on the stack of the fiber that waits for it.
struct BlockingPool::Job {
  void (*call)(void*);
  void* context;
  Job* next = nullptr;
  std::mutex mutex{};
  bool done = false;
  WaitList waiter{"a blocking call"};
};

void BlockingPool::run(void (*call)(void*), void* context) {
  Job job{call, context};
  {
    const std::lock_guard lock(mutex_);
    (last_ == nullptr ? first_ : last_->next) = &job;
    last_ = &job;
    ++queued_;
    if (idle_ < queued_ && threads_.size() < max_threads_) {
      try {
        threads_.emplace_back([this] { serve(); });
      } catch (const std::system_error&) {
        if (threads_.empty()) {
          first_ = last_ = nullptr;
          --queued_;
          throw Error(Errc::system, "cannot start a thread for a blocking call", EAGAIN, true);
        }
      }
    }
  }
  work_.notify_one();
  std::unique_lock lock(job.mutex);
  if (!job.done) {
    job.waiter.wait(lock, {}, WaitList::Cancel::ignored);
  }
}

void BlockingPool::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (first_ == nullptr) {
      if (stopping_) {
        return;
      }
      ++idle_;
      work_.wait(lock);
      --idle_;
    }
    Job& job = *first_;
    first_ = job.next;
    if (first_ == nullptr) {
      last_ = nullptr;
    }
    --queued_;
    lock.unlock();
    job.call(job.context);
    {
      Wakeups wakeups;
      const std::lock_guard job_lock(job.mutex);
      job.done = true;
      job.waiter.notify_one(wakeups);
    }
    lock.lock();
  }
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

Runtime::Runtime(const RunOptions& options) : pool_(options.blocking_threads) {
  const unsigned count = options.loops == 0 || options.world != nullptr ? 1 : options.loops;
  loops_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    loops_.push_back(std::make_unique<Loop>(*this, i, options.stack_size, options.world));
  }
}

void Runtime::run(UniqueFunction main) {
  std::exception_ptr error;
  Fiber& first = loops_[0]->make_fiber(
      [&] {
        try {
          main();
        } catch (...) {
          error = std::current_exception();
        }
        main = {};
        Task::current().locals().clear();
        for (auto& loop : loops_) {
          loop->stop();
        }
      },
      "main");
  std::vector<std::jthread> threads;
  try {
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      threads.emplace_back([loop = loops_[i].get()] { loop->run(); });
    }
  } catch (const std::system_error& failure) {
    error = std::make_exception_ptr(Error(Errc::system, "cannot start the event loops", failure.code().value(), true));
    main = [] {};
  }
  loops_[0]->wake(first);
  loops_[0]->run();
  threads.clear();
  if (error) {
    std::rethrow_exception(error);
  }
}

}  // namespace posthouse::fiber::detail
