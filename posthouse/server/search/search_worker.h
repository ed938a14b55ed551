#pragma once
// Whoever puts mail into the index for searches, after it was delivered. Private to this module.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "posthouse/store/search/indexer.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

struct SearchWorkerOptions {
  /// An account's messages that are not in the index: fewer are left to be scanned, so many are put into it as soon as none has
  /// come for `quiet`, and a batch of Indexer::options at once.
  std::size_t few = 16;
  std::chrono::milliseconds quiet{500};
};

/// A thread of its own. While mail comes in it works a tenth of the time, so that deliveries have the machine.
class SearchWorker {
 public:
  /// `store` must outlive it.
  explicit SearchWorker(store::Store& store, SearchWorkerOptions options = {});
  SearchWorker(const SearchWorker&) = delete;
  SearchWorker& operator=(const SearchWorker&) = delete;
  ~SearchWorker();

  /// The index of the account contradicts itself: it is made anew. From any thread.
  void damaged(store::AccountId account);
  /// Returns when all that has been delivered before is in the index, but for a few messages of each account. For tests.
  void settle();
  /// Ends the thread as soon as it is between two steps. May be called again.
  void stop() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct Account {
    std::size_t added = 0;      // since it was looked at
    Clock::time_point since{};  // it is here
    Clock::time_point due{};
    bool damaged = false;
  };

  void note(std::span<const store::Change> changes);
  void work();
  void begin();
  bool look_at(store::AccountId account, const Account& noted);
  bool take_due(store::AccountId& account, Account& noted);
  void rest();

  store::Store& store_;
  const SearchWorkerOptions options_;
  store::Indexer indexer_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable settled_;
  std::map<store::AccountId, Account> accounts_{};  // guarded by it, and so are the following
  bool stopping_ = false;
  bool at_work_ = true;
  std::size_t settling_ = 0;
  std::atomic<Clock::rep> last_delivery_{0};

  Clock::time_point rested_{};  // of the thread only
  std::mutex joining_;
  std::thread thread_;
  store::Subscription subscription_;  // the first to go
};

}  // namespace posthouse::server
