#pragma once
// The store's housekeeper: a thread that moves the engine's log into the database and unlinks dead body files. Private to
// this module.
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
  /// `log` is null where the engine looks after its log itself; `log_limit` is its length in octets.
  Maintenance(std::unique_ptr<Log> log, const BodyFolder& bodies, const Reserve& reserve, Writer& writer,
              std::size_t log_limit);
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;
  ~Maintenance();

  /// About `octets` have been added to the log, and rows to dead_file if `file_died`. From any thread; cheap.
  void written(std::size_t octets, bool file_died) noexcept;
  /// Finishes what is to be done and ends the thread.
  void stop() noexcept;

 private:
  void work() noexcept;
  void checkpoint() noexcept;
  void unlink_dead_files() noexcept;

  const std::unique_ptr<Log> log_;
  const BodyFolder& bodies_;
  const Reserve& reserve_;
  Writer& writer_;
  const std::size_t log_limit_;

  std::atomic<std::size_t> octets_{0};  // added since the last checkpoint
  std::atomic<bool> dead_files_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool work_wanted_ = false;
  bool stopping_ = false;
  std::mutex joining_;
  std::thread thread_;
};

}  // namespace posthouse::store
