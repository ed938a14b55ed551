#include "posthouse/server/search/search_worker.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "posthouse/server/log/log.h"
#include "posthouse/server/search/indexed_message.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

constexpr auto delivering = 200ms;    // after a delivery another one is to be expected for so long
constexpr auto longest_rest = 200ms;  // for what was worked in one go
constexpr int rest_for_work = 9;
constexpr auto try_again = 10s;
constexpr std::size_t most_merges = 64;  // in one go

/// Ends a step when the server stops.
struct Stopping {};

}  // namespace

SearchWorker::SearchWorker(store::Store& store, SearchWorkerOptions options)
    : store_(store),
      options_(options),
      free_space_(options.free_space),
      indexer_(store, {.format = index_format(),
                       .texts = [&store](store::MessageId message,
                                         const auto& sink) { return each_text_of(store, message, sink); },
                       .rest = [this] { rest(); }}),
      thread_([this] { work(); }),
      subscription_(store.listen([this](std::span<const store::Change> changes) { note(changes); })) {}

SearchWorker::~SearchWorker() {
  stop();
}

void SearchWorker::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    settled_.notify_all();
  }
  const std::lock_guard lock(joining_);
  if (thread_.joinable()) {
    thread_.join();
  }
}

/// On the writer's thread.
void SearchWorker::note(std::span<const store::Change> changes) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  const bool idle = accounts_.empty();
  bool wanted = false;
  for (const store::Change& change : changes) {
    if (const auto* added = std::get_if<store::MessageAdded>(&change)) {
      Account& account = accounts_.try_emplace(added->account, Account{.since = now}).first->second;
      account.due = now + options_.quiet;
      wanted |= ++account.added == store::IndexerOptions().batch;
      last_delivery_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    } else if (const auto* changed = std::get_if<store::AccountChanged>(&change);
               changed != nullptr && changed->what == store::AccountChanged::What::removed) {
      accounts_.try_emplace(changed->account, Account{.since = now}).first->second.due = now;
      wanted = true;
    }
  }
  if (wanted || (idle && !accounts_.empty())) {
    wake_.notify_all();
  }
}

void SearchWorker::damaged(store::AccountId account) {
  const std::lock_guard lock(mutex_);
  accounts_[account].damaged = true;
  wake_.notify_all();
}

void SearchWorker::changed_elsewhere(store::AccountId account) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  accounts_.try_emplace(account, Account{.since = now}).first->second.due = now + options_.quiet;
  wake_.notify_all();
}

void SearchWorker::settle() {
  std::unique_lock lock(mutex_);
  ++settling_;
  wake_.notify_all();
  settled_.wait(lock, [&] { return stopping_ || (is_settled() && !at_work_); });
  --settling_;
}

/// Guarded by mutex_.
bool SearchWorker::is_settled() const {
  return std::all_of(accounts_.begin(), accounts_.end(), [](const auto& account) { return account.second.no_room; });
}

void SearchWorker::work() {
  try {
    begin();
    for (;;) {
      store::AccountId account = 0;
      Account noted;
      if (!take_due(account, noted)) {
        return;
      }
      try {
        const Next next = look_at(account, noted);
        if (next != Next::nothing) {
          const auto now = Clock::now();
          const std::lock_guard lock(mutex_);
          Account& again = accounts_.try_emplace(account, Account{.since = now}).first->second;
          again.no_room = next == Next::wait_for_room;
          again.due = again.no_room ? now + try_again : now;
        }
      } catch (const posthouse::Error& error) {
        log_bounded(spdlog::level::warn, "indexing failed", "account={} error={}", account, shown(error.what()));
        const auto* of_store = dynamic_cast<const store::Error*>(&error);
        const std::lock_guard lock(mutex_);
        Account& again = accounts_[account];
        again.damaged |= of_store != nullptr && of_store->errc() == store::Errc::damaged;
        again.due = Clock::now() + try_again;
      }
    }
  } catch (const Stopping&) {
  } catch (const std::exception& error) {
    log().error("indexing ended error={}", shown(error.what()));
  }
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  settled_.notify_all();
}

/// What earlier servers have left.
void SearchWorker::begin() {
  std::vector<store::AccountId> behind;
  try {
    behind = indexer_.behind();
  } catch (const posthouse::Error& error) {
    log().warn("indexing failed error={}", shown(error.what()));
  }
  const std::lock_guard lock(mutex_);
  for (const store::AccountId account : behind) {
    accounts_.try_emplace(account, Account{.since = Clock::now(), .due = Clock::now()});
  }
  at_work_ = false;
  settled_.notify_all();
}

/// Waits for an account that is due; false when the server stops.
bool SearchWorker::take_due(store::AccountId& account, Account& noted) {
  std::unique_lock lock(mutex_);
  at_work_ = false;
  for (;;) {
    if (stopping_) {
      return false;
    }
    if (is_settled()) {
      settled_.notify_all();
    }
    if (accounts_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto now = Clock::now();
    auto next = Clock::time_point::max();
    auto longest = accounts_.end();  // of those that are due, the one that waits for the longest time
    for (auto each = accounts_.begin(); each != accounts_.end(); ++each) {
      const Account& of = each->second;
      const bool wanted = of.damaged || of.added >= store::IndexerOptions().batch || settling_ != 0;
      if (of.due <= now || (wanted && !of.no_room)) {
        longest = longest == accounts_.end() || of.since < longest->second.since ? each : longest;
      }
      next = std::min(next, of.due);
    }
    if (longest != accounts_.end()) {
      account = longest->first;
      noted = longest->second;
      accounts_.erase(longest);
      at_work_ = true;
      rested_ = now;
      return true;
    }
    wake_.wait_until(lock, next);
  }
}

/// Takes some steps. When there are more, other accounts' may come before.
SearchWorker::Next SearchWorker::look_at(store::AccountId account, const Account& noted) {
  if (noted.damaged) {
    log().warn("the search index is made anew account={}", account);
    indexer_.begin_anew(account);
  }
  const auto clean = [&] {
    while (indexer_.clean_some(account)) {
    }
  };
  clean();
  if (indexer_.waiting(account, options_.few) < options_.few) {
    return Next::nothing;
  }
  if (!store_.has_room(free_space_)) {
    log_bounded(spdlog::level::warn, "indexing waits for room on the disk", "account={}", account);
    return Next::wait_for_room;
  }
  const bool more = indexer_.index_some(account);
  for (std::size_t merges = 0; merges < most_merges && indexer_.merge_some(account); ++merges) {
    clean();
  }
  return more ? Next::go_on : Next::nothing;
}

void SearchWorker::rest() {
  const auto now = Clock::now();
  const Clock::duration since_delivery =
      now.time_since_epoch() - Clock::duration(last_delivery_.load(std::memory_order_relaxed));
  std::unique_lock lock(mutex_);
  if (since_delivery < delivering && settling_ == 0 && !stopping_) {
    wake_.wait_for(lock, std::min<Clock::duration>(longest_rest, rest_for_work * (now - rested_)),
                   [&] { return stopping_ || settling_ != 0; });
  }
  if (stopping_) {
    throw Stopping();
  }
  rested_ = Clock::now();
}

}  // namespace posthouse::server
