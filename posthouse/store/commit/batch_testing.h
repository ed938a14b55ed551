#pragma once
// Jobs that share a batch, for tests.
#include <functional>
#include <thread>
#include <vector>

#include "posthouse/fiber/sync.h"
#include "posthouse/store/store.h"

namespace posthouse::store {

/// Holds the writer in a job.
class Blocker {
 public:
  explicit Blocker(Store& store)
      : thread_([&] {
          store.write([&](Write&) {
            started_.set();
            go_.wait();
          });
        }) {
    started_.wait();
  }
  Blocker(const Blocker&) = delete;
  Blocker& operator=(const Blocker&) = delete;
  ~Blocker() { release(); }
  void let_go() { go_.set(); }
  void release() {
    let_go();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  fiber::Event started_;
  fiber::Event go_;
  std::thread thread_;
};

/// Runs the jobs in threads of their own, so that they share a batch.
inline void in_one_batch(Store& store, const std::vector<std::function<void()>>& jobs) {
  Blocker blocker(store);
  std::vector<std::thread> threads;
  for (const auto& job : jobs) {
    threads.emplace_back(job);
  }
  while (store.waiting() < jobs.size()) {
    std::this_thread::yield();
  }
  blocker.release();
  for (auto& thread : threads) {
    thread.join();
  }
}

}  // namespace posthouse::store
