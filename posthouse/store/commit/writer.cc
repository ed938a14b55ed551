#include "posthouse/store/commit/writer.h"

#include <algorithm>
#include <string>

#include "posthouse/fiber/scope.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/database/database.h"
#include "posthouse/store/error.h"

namespace posthouse::store {
namespace {

/// The transaction is gone behind our back (another node of a Galera cluster was first), and with it rows that it wrote: what
/// a job ran into need not have been its own fault.
std::exception_ptr lost_transaction(const posthouse::Error& error) {
  return std::make_exception_ptr(Error(Errc::database, std::string("the transaction was lost: ") + error.what()));
}

// What a job writes to the log beside bodies, roughly, in octets.
constexpr std::size_t job_overhead = 8 * 1024;

/// The failure of a batch for one of its jobs. Each gets an error of its own: their owners are threads that handle it
/// at the same time.
std::exception_ptr own_copy(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const sql::Error& original) {
    return std::make_exception_ptr(original.detached());
  } catch (const Error& original) {
    return std::make_exception_ptr(Error(original.errc(), std::string(original.what())));
  } catch (const std::exception& original) {
    return std::make_exception_ptr(
        sql::Error(sql::Errc::other, "the transaction was undone: " + std::string(original.what())));
  } catch (...) {
    return std::make_exception_ptr(sql::Error(sql::Errc::other, "the transaction was undone"));
  }
}

}  // namespace

Writer::Writer(sql::Connection connection, std::unique_ptr<Turns> turns, WriterOptions options,
               std::string unheld_condition, std::function<void(const Committed&)> after_commit,
               std::function<bool()> make_room)
    : connection_(std::move(connection)),
      turns_(std::move(turns)),
      options_(options),
      unheld_condition_(std::move(unheld_condition)),
      after_commit_(std::move(after_commit)),
      make_room_(std::move(make_room)),
      thread_([this] { work(); }) {}

Writer::~Writer() {
  stop();
}

void Writer::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  const std::lock_guard lock(joining_);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Writer::request_checkpoint() noexcept {
  const std::lock_guard lock(mutex_);
  checkpoint_wanted_ = true;
  wake_.notify_all();
}

void Writer::submit(Job& job) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      throw Error(Errc::stopped, "the store is shutting down");
    }
    if (waiting_ >= options_.max_waiting) {
      throw Error(Errc::overloaded, std::to_string(waiting_) + " writes are waiting: try again later");
    }
    ++waiting_;
    first = last_ == nullptr;
    (first ? first_ : last_->next) = &job;
    last_ = &job;
  }
  if (first) {
    wake_.notify_one();  // the writer sleeps only when nothing waits
  }
  const fiber::Shield shield;  // the job lives on this stack: whatever happens, it is waited for
  job.done.wait();
  if (job.error) {
    std::rethrow_exception(std::move(job.error));
  }
}

void Writer::work() noexcept {
  Job* left = nullptr;  // of a batch whose transaction was lost or undone, the jobs that are to be run yet
  const auto wanted = [&] { return first_ != nullptr || stopping_ || checkpoint_wanted_; };
  for (;;) {
    if (left == nullptr) {
      std::unique_lock lock(mutex_);
      if (const auto interval = turns_->beat_every(); interval.count() == 0) {
        wake_.wait(lock, wanted);
      } else if (!wake_.wait_for(lock, interval, wanted)) {
        lock.unlock();
        turns_->beat(connection_);
        continue;
      }
      if (first_ == nullptr && stopping_) {
        break;
      }
      const bool jobs = first_ != nullptr;
      const bool move_log = std::exchange(checkpoint_wanted_, false);
      lock.unlock();
      if (move_log) {
        turns_->move_log(connection_);
      }
      if (!jobs) {
        continue;
      }
    }
    left = run_batch(left);
  }
  turns_->leave(connection_);
}

Writer::Job* Writer::take_batch() noexcept {
  const std::lock_guard lock(mutex_);
  Job* const batch = first_;
  Job* end = nullptr;
  std::size_t size = 0;
  for (; first_ != nullptr && size < options_.max_batch; ++size) {
    end = std::exchange(first_, first_->next);
  }
  waiting_ -= size;
  if (first_ == nullptr) {
    last_ = nullptr;
  }
  if (end != nullptr) {
    end->next = nullptr;
  }
  return batch;
}

/// Runs `left`, or what waits. Returns those that are to be run in the next transaction.
Writer::Job* Writer::run_batch(Job* left) noexcept {
  std::exception_ptr error;
  try {
    turns_->begin(connection_);
    settle_doubtful();
  } catch (...) {
    error = std::current_exception();
    undo();
  }
  Job* const first = left != nullptr ? left : take_batch();
  if (!error && !one_by_one_ && !run_joint(first)) {
    one_by_one_ = true;
    return first;
  }
  bool commit_tried = false;
  Job* job = error ? nullptr : first;
  try {
    for (; job != nullptr; job = job->next) {
      if (job->has_run) {
        continue;
      }
      run_job(*job);
      if (!connection_.in_transaction()) {
        break;  // a full disk, say: the engine has undone all of it
      }
    }
    if (job == nullptr && !error) {
      commit_tried = true;
      commit();
    }
  } catch (...) {
    error = std::current_exception();
    job = nullptr;
    undo();
  }
  left = nullptr;
  if (job != nullptr) {
    error = own_copy(job->error);
    left = std::exchange(job->next, nullptr);
    for (job = left; job != nullptr; job = job->next) {
      job->has_run = false;
    }
  }
  if (error) {
    give_up_batch(commit_tried);
  }
  settle(first, error);
  one_by_one_ = one_by_one_ && left != nullptr;
  return left;
}

/// Runs those of the batch that can be run together. False when they failed: nothing is left of them, nor of the
/// transaction.
bool Writer::run_joint(Job* first) noexcept {
  try {
    joint_.clear();
    for (Job* job = first; job != nullptr; job = job->next) {
      if (job->kind() != nullptr && (joint_.empty() || job->kind() == joint_.front()->kind())) {
        joint_.push_back(job);
      }
    }
    if (joint_.empty()) {
      return true;
    }
    Write write(connection_, batch_, unheld_condition_);
    joint_.front()->run_all(write, joint_);
    if (connection_.in_transaction()) {
      for (Job* const job : joint_) {
        job->has_run = true;
      }
      return true;
    }
  } catch (...) {  // they fail by themselves, where it was theirs
  }
  undo();
  give_up_batch(false);
  return false;
}

void Writer::run_job(Job& job) {
  const std::size_t files = batch_.files.size();
  const std::size_t changes = batch_.changes.size();
  const auto last_message = batch_.last_message;
  connection_.exec("SAVEPOINT job");
  try {
    Write write(connection_, batch_, unheld_condition_);
    job.run(write);
    connection_.exec("RELEASE SAVEPOINT job");
    return;
  } catch (const Error& error) {
    job.error = connection_.in_transaction() ? std::current_exception() : lost_transaction(error);
  } catch (...) {
    job.error = std::current_exception();
  }
  batch_.files.resize(files);
  batch_.changes.resize(changes);
  batch_.last_message = last_message;
  if (!connection_.in_transaction()) {
    return;
  }
  try {
    connection_.exec("ROLLBACK TO SAVEPOINT job");
    connection_.exec("RELEASE SAVEPOINT job");
  } catch (const sql::Error& failure) {
    job.error = lost_transaction(failure);
    std::rethrow_exception(job.error);
  }
}

void Writer::commit() {
  // From here on it cannot be known for sure that the rows will not be there after a crash, so neither may the files
  // go.
  for (const auto& file : batch_.files) {
    file->keep();
  }
  turns_->commit(connection_);
  batch_.files.clear();
  settle_doubtful();
  commits_.fetch_add(1, std::memory_order_relaxed);
}

void Writer::undo() noexcept {
  try {
    if (connection_.in_transaction()) {
      connection_.exec("ROLLBACK");
    }
  } catch (const std::exception&) {  // the next BEGIN will tell
  }
}

/// What the batch has collected goes, or waits until it is known what became of the COMMIT.
void Writer::give_up_batch(bool doubtful) noexcept {
  if (doubtful) {
    try {
      doubtful_.files.insert(doubtful_.files.end(), batch_.files.begin(), batch_.files.end());
      doubtful_.changes.insert(doubtful_.changes.end(), batch_.changes.begin(), batch_.changes.end());
      doubtful_.left_for_housekeeper = doubtful_.left_for_housekeeper || batch_.left_for_housekeeper;
    } catch (const std::bad_alloc&) {  // kept files become orphans, which the next start removes
    }
  }
  batch_ = {};
  settle_doubtful();
}

void Writer::settle_doubtful() noexcept {
  const Fate fate = turns_->fate();
  if (fate == Fate::unknown || (doubtful_.files.empty() && doubtful_.changes.empty())) {
    return;
  }
  const Write::Batch settled = std::exchange(doubtful_, {});
  if (fate == Fate::done) {
    after_commit_({.left_for_housekeeper = settled.left_for_housekeeper, .changes = settled.changes});
    return;
  }
  for (const auto& file : settled.files) {
    file->drop();
  }
}

void Writer::settle(Job* first, const std::exception_ptr& error) noexcept {
  std::uint64_t jobs = 0;
  std::uint64_t failed = 0;
  for (Job* job = first; job != nullptr; job = job->next) {
    if (error && !job->error) {
      job->error = own_copy(error);
    }
    ++jobs;
    failed += job->error ? 1 : 0;
  }
  jobs_.fetch_add(jobs, std::memory_order_relaxed);
  failed_.fetch_add(failed, std::memory_order_relaxed);
  if (jobs > largest_batch_.load(std::memory_order_relaxed)) {
    largest_batch_.store(jobs, std::memory_order_relaxed);
  }
  if (!error) {
    after_commit_({.octets = batch_.octets + jobs * job_overhead,
                   .left_for_housekeeper = batch_.left_for_housekeeper,
                   .last_message = batch_.last_message,
                   .changes = batch_.changes});
    batch_ = {};
  }
  for (Job* job = first; job != nullptr;) {
    Job* const next = job->next;
    job->done.set();  // the job is gone when its owner sees that
    job = next;
  }
}

WriterStatistics Writer::statistics() const noexcept {
  return {jobs_.load(std::memory_order_relaxed), failed_.load(std::memory_order_relaxed),
          commits_.load(std::memory_order_relaxed), largest_batch_.load(std::memory_order_relaxed)};
}

std::size_t Writer::waiting() const noexcept {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

}  // namespace posthouse::store
