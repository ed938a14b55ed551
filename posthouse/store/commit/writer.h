#pragma once
// The one that writes: a thread that makes many changes durable with one sync (group commit).
//
// Terms.  A *job* is a function that changes rows through a Write. A *batch* is the jobs that share a transaction. *Joint*
// jobs are those of one kind that can be done by the same few statements.
//
//   caller: submit ──► waiting ──► in a batch: savepoint, run ──► COMMIT, synced ──► done
//                                     │ throws: undone alone          │ fails: the whole batch failed
//                                     ▼                               ▼
//                                  failed, that error             failed, the COMMIT's error
//
// The joint jobs of a batch are run first, all by one call and without a savepoint. Where that throws, the transaction is
// undone and the batch begins anew, with each job by itself as above: whichever it was then fails alone.
//
// Invariants.
//  1. write() returns a value only after the transaction that holds the job's changes is on stable storage.
//  2. write() throws only when none of the job's changes will be seen by anybody, with one exception: when COMMIT fails
//     (SQLite: disk full, I/O error) and the machine stops before the next successful COMMIT, or when a database server
//     goes away during COMMIT and stays away, the whole job may turn out to be there. It is there entirely or not at
//     all, and nobody was told that it is.
//  3. Jobs run one at a time on the writer's thread, batch after batch in the order of their submission; within a batch
//     the joint ones go first.
//  4. A batch begins as soon as there is a job and the last batch has ended: nobody waits for company. Batches grow by
//     themselves while a COMMIT is under way, and while the transaction begins.
//  5. The changes that a job notes are told when its transaction is durable and before its write() returns; those of
//     all jobs in the order in which they were made. A job that failed leaves none. Of a COMMIT that turns out to have
//     happened only later they are told then.
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/fiber/sync.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/commit/write.h"

namespace posthouse::store {

class Turns;

struct WriterOptions {
  std::size_t max_batch = 256;      ///< jobs in one transaction at most; bounds how long the first of them waits
  std::size_t max_waiting = 20000;  ///< more jobs than that are refused (Errc::overloaded)
};

/// Counters since the start.
struct WriterStatistics {
  std::uint64_t jobs = 0;     ///< jobs run, failed ones too
  std::uint64_t failed = 0;   ///< jobs that threw, or whose COMMIT failed
  std::uint64_t commits = 0;  ///< batches committed
  std::uint64_t largest_batch = 0;
};

/// What a batch has left to be done, once it is durable.
struct Committed {
  std::size_t octets = 0;             ///< that it has added to the database, an estimate
  bool left_for_housekeeper = false;  ///< dead_file or dead_mailbox may have new rows
  MessageId last_message = 0;         ///< the last one stored; 0: none
  std::span<const Change> changes{};  ///< valid during the call
};

class Writer {
 public:
  /// Writes through `connection`, which nobody else uses from now on, in transactions that `turns` begins and commits.
  /// `unheld_condition` is Write::unheld_condition(). `after_commit` is called on the writer's thread after each successful
  /// commit, `make_room` by write_from_reserve() from any thread: true when there is room on the disk again.
  Writer(sql::Connection connection, std::unique_ptr<Turns> turns, WriterOptions options, std::string unheld_condition,
         std::function<void(const Committed&)> after_commit, std::function<bool()> make_room = {});
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// stop().
  ~Writer();

  /// Runs `f(Write&)` as a job and waits until it is durable; returns what `f` returns or throws what it throws. Parks a
  /// fiber, blocks a thread; neither expires nor is canceled, because `f` may refer to the caller's variables. `f` must
  /// not begin or end transactions and must not call write(). Throws besides: store::Error overloaded, stopped;
  /// sql::Error of BEGIN or COMMIT (retryable when the database is locked or full).
  template <class F>
  auto write(F&& f) -> std::invoke_result_t<F&, Write&> {
    using Result = std::invoke_result_t<F&, Write&>;
    static_assert(!std::is_reference_v<Result>, "return a value from write()");
    struct Typed final : Job {
      explicit Typed(std::remove_reference_t<F>& function) : f(function) {}
      void run(Write& write) override {
        if constexpr (std::is_void_v<Result>) {
          f(write);
        } else {
          result.emplace(f(write));
        }
      }
      std::remove_reference_t<F>& f;
      std::optional<std::conditional_t<std::is_void_v<Result>, char, Result>> result{};
    } job(f);
    submit(job);
    if constexpr (!std::is_void_v<Result>) {
      return std::move(*job.result);
    }
  }

  /// As write(), for jobs that come in numbers: the ones of a batch with the same `all` are done by one call of it, which
  /// should take few statements however many they are. It does for each item what `one` does, in their order, or throws;
  /// then all it did is undone, and `one` is called for each by itself. Results belong into the item.
  template <class Item>
  void write_jointly(Item& item, void (*all)(Write&, std::span<Item* const>), void (*one)(Write&, Item&)) {
    struct Joint final : Job {
      void run(Write& write) override { one(write, *item); }
      Kind kind() const noexcept override { return reinterpret_cast<Kind>(all); }
      void run_all(Write& write, std::span<Job* const> jobs) override {
        std::vector<Item*> items;
        items.reserve(jobs.size());
        for (Job* const job : jobs) {
          items.push_back(static_cast<Joint*>(job)->item);
        }
        all(write, items);
      }
      Item* item = nullptr;
      void (*all)(Write&, std::span<Item* const>) = nullptr;
      void (*one)(Write&, Item&) = nullptr;
    } job;
    job.item = &item;
    job.all = all;
    job.one = one;
    submit(job);
  }

  /// As write(), for what makes room and what an operator needs: on a full disk the reserve is given back, and `f` runs a
  /// second time.
  template <class F>
  auto write_from_reserve(F&& f) -> std::invoke_result_t<F&, Write&> {
    try {
      return write(f);
    } catch (const sql::Error& error) {
      if (error.errc() != sql::Errc::full || !make_room_ || !make_room_()) {
        throw;
      }
    }
    return write(f);
  }

  /// Runs what waits, refuses what comes, ends the thread. May be called again.
  void stop() noexcept;

  /// Asks the writer to move the log into the database between two batches.
  void request_checkpoint() noexcept;

  WriterStatistics statistics() const noexcept;
  /// Jobs that wait for their batch.
  std::size_t waiting() const noexcept;

 private:
  using Kind = void (*)();
  struct Job {
    virtual ~Job() = default;
    virtual void run(Write& write) = 0;
    /// Null, or the same for those that run_all() takes together.
    virtual Kind kind() const noexcept { return nullptr; }
    virtual void run_all(Write&, std::span<Job* const>) {}
    Job* next = nullptr;
    bool has_run = false;  // with others
    std::exception_ptr error{};
    fiber::Event done{};
  };

  void submit(Job& job);
  void work() noexcept;
  Job* take_batch() noexcept;
  Job* run_batch(Job* left) noexcept;
  bool run_joint(Job* first) noexcept;
  void run_job(Job& job);
  void commit();
  void undo() noexcept;
  void give_up_batch(bool doubtful) noexcept;
  void settle_doubtful() noexcept;
  void settle(Job* first, const std::exception_ptr& error) noexcept;

  sql::Connection connection_;
  const std::unique_ptr<Turns> turns_;
  const WriterOptions options_;
  const std::string unheld_condition_;
  const std::function<void(const Committed&)> after_commit_;
  const std::function<bool()> make_room_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Job* first_ = nullptr;  // waiting, guarded by mutex_
  Job* last_ = nullptr;
  std::size_t waiting_ = 0;  // length of that list
  bool stopping_ = false;
  bool checkpoint_wanted_ = false;
  std::mutex joining_;

  // Of the writer's thread only.
  std::vector<Job*> joint_;
  bool one_by_one_ = false;  // what is left of a batch whose joint jobs have failed
  Write::Batch batch_;
  Write::Batch doubtful_;  // of failed COMMITs, see invariant 2

  std::atomic<std::uint64_t> jobs_{0}, failed_{0}, commits_{0}, largest_batch_{0};
  std::thread thread_;
};

}  // namespace posthouse::store
