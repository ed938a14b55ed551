#pragma once
// Whoever puts mail into the index for searches, after it was delivered. Private to this module.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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
  std::uint64_t free_space = 0;  ///< for set_free_space(), at the beginning
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
  /// Another process may have delivered something to the account. From any thread.
  void changed_elsewhere(store::AccountId account);
  /// As long as fewer octets are free (Store::has_room), nothing is put into the index: searches read the messages. From now
  /// on.
  void set_free_space(std::uint64_t wanted) noexcept { free_space_ = wanted; }
  /// Returns when all that has been delivered before is in the index, but for a few messages of each account, and where the
  /// disk has no room for it. For tests.
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
    bool no_room = false;  // it waits for the disk
  };
  enum class Next : std::uint8_t { nothing, go_on, wait_for_room };

  void note(std::span<const store::Change> changes);
  void work();
  void begin();
  Next look_at(store::AccountId account, const Account& noted);
  bool is_settled() const;
  bool take_due(store::AccountId& account, Account& noted);
  void rest();

  store::Store& store_;
  const SearchWorkerOptions options_;
  std::atomic<std::uint64_t> free_space_;
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
