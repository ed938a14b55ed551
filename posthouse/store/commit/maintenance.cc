#include "posthouse/store/commit/maintenance.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "posthouse/store/database/database.h"
#include "posthouse/store/database/reserve.h"

namespace posthouse::store {
namespace {

constexpr std::size_t files_at_a_time = 100;

}  // namespace

Maintenance::Maintenance(std::unique_ptr<Log> log, const BodyFolder& bodies, const Reserve& reserve, Writer& writer,
                         std::size_t log_limit, Chore chore)
    : log_(std::move(log)),
      bodies_(bodies),
      reserve_(reserve),
      writer_(writer),
      log_limit_(log_limit),
      chore_(chore),
      thread_([this] { work(); }) {}

Maintenance::~Maintenance() {
  stop();
}

void Maintenance::written(std::size_t octets, bool left) noexcept {
  const bool full = octets_.fetch_add(octets, std::memory_order_relaxed) + octets >= log_limit_ / 8;
  if (left) {
    left_.store(true, std::memory_order_relaxed);
  }
  if (!full && !left) {
    return;
  }
  const std::lock_guard lock(mutex_);
  work_wanted_ = true;
  wake_.notify_one();
}

void Maintenance::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  const std::lock_guard lock(joining_);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Maintenance::work() noexcept {
  for (;;) {
    bool last = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return work_wanted_ || stopping_; });
      work_wanted_ = false;
      last = stopping_;
    }
    if (octets_.load(std::memory_order_relaxed) >= log_limit_ / 8) {
      checkpoint();
      reserve_.make();
    }
    if (left_.exchange(false, std::memory_order_relaxed)) {
      do_chores();
      unlink_dead_files();
    }
    if (last) {
      return;
    }
  }
}

void Maintenance::checkpoint() noexcept {
  octets_.store(0, std::memory_order_relaxed);
  if (!log_) {
    return;
  }
  try {
    if (log_->move()) {
      writer_.request_checkpoint();
    }
  } catch (const sql::Error&) {  // a full disk, say: tried again when more has been written
  }
}

void Maintenance::do_chores() noexcept {
  try {
    while (!stopping_ && writer_.write_from_reserve(chore_)) {
    }
  } catch (const std::exception&) {  // the rows stay, and are seen to the next time
  }
}

void Maintenance::unlink_dead_files() noexcept {
  try {
    for (;;) {
      const std::vector<std::string> names = writer_.write([](Write& write) {
        return own_tables(write).query<std::string>("SELECT name FROM dead_file LIMIT ?", files_at_a_time).all();
      });
      if (names.empty()) {
        return;
      }
      std::vector<std::string> gone;
      for (const std::string& name : names) {
        if (::unlink(bodies_.path(name).c_str()) == 0 || errno == ENOENT) {
          gone.push_back(name);
        }
      }
      if (gone.empty()) {
        return;  // they cannot be removed: the next start tries again
      }
      writer_.write_from_reserve([&](Write& write) {
        for (const std::string& name : gone) {
          own_tables(write).exec("DELETE FROM dead_file WHERE name = ?", name);
        }
      });
    }
  } catch (const std::exception&) {  // the rows stay, and are seen to the next time
  }
}

}  // namespace posthouse::store
