#pragma once
// The store's housekeeper: a thread that moves the engine's log into the database, empties mailboxes that were removed, and
// unlinks dead body files. Private to this module.
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>

#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/commit/writer.h"

namespace posthouse::store {

class Log;
class Reserve;

/// The log would be checkpointed by the commit that fills it, which then takes many times as long as the others.
/// Instead this thread checkpoints (PASSIVE: hinders nobody) whenever some megabytes have been added; when the log has
/// grown to its limit nonetheless, because writing never pauses, the writer is asked to do the rest between two
/// batches: it has little left to do, and begins the log anew. It also takes the reserve again when there is room.
class Maintenance {
 public:
  /// A job's worth of what is left to be done for rows that died; false when nothing is left.
  using Chore = bool (*)(Write&);

  /// `log` is null where the engine looks after its log itself; `log_limit` is its length in octets. `chore` comes before
  /// the files, since it may leave some.
  Maintenance(std::unique_ptr<Log> log, const BodyFolder& bodies, const Reserve& reserve, Writer& writer,
              std::size_t log_limit, Chore chore);
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;
  ~Maintenance();

  /// About `octets` have been added to the log, and rows that are the housekeeper's if `left`. From any thread; cheap.
  void written(std::size_t octets, bool left) noexcept;
  /// Ends the thread when it has unlinked what there is; of what is longer, the next start does the rest.
  void stop() noexcept;

 private:
  void work() noexcept;
  void checkpoint() noexcept;
  void do_chores() noexcept;
  void unlink_dead_files() noexcept;

  const std::unique_ptr<Log> log_;
  const BodyFolder& bodies_;
  const Reserve& reserve_;
  Writer& writer_;
  const std::size_t log_limit_;
  const Chore chore_;

  std::atomic<std::size_t> octets_{0};  // added since the last checkpoint
  std::atomic<bool> left_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool work_wanted_ = false;
  std::atomic<bool> stopping_{false};  // set with mutex_ held
  std::mutex joining_;
  std::thread thread_;
};

}  // namespace posthouse::store
