#pragma once
// All loops of one fiber::run, and its pool for blocking calls. (Internal to the module.)
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/run_options.h"
#include "posthouse/fiber/unique_function.h"

namespace posthouse::fiber::detail {

/// Threads for what would block a loop. Started when a job comes and none is idle, up to a bound; kept until the end.
class BlockingPool {
 public:
  explicit BlockingPool(unsigned max_threads) : max_threads_(max_threads == 0 ? 1 : max_threads) {}
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  ~BlockingPool();

  /// Parks the calling fiber until call(context) has run on a pool thread.
  void run(void (*call)(void*), void* context);

 private:
  struct Job;
  void serve();

  const unsigned max_threads_;
  std::mutex mutex_;
  std::condition_variable work_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  std::size_t queued_ = 0;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

class Runtime {
 public:
  explicit Runtime(const RunOptions& options);
  void run(UniqueFunction main);
  Loop& loop(unsigned index) noexcept { return *loops_[index % loops_.size()]; }
  unsigned loop_count() const noexcept { return static_cast<unsigned>(loops_.size()); }
  BlockingPool& pool() noexcept { return pool_; }

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  BlockingPool pool_;
};

}  // namespace posthouse::fiber::detail
