#include "posthouse/store/commit/maintenance.h"

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace posthouse::store {
namespace {

constexpr std::size_t files_at_a_time = 100;

}  // namespace

Maintenance::Maintenance(std::optional<sql::Connection> log, const BodyFolder& bodies, Writer& writer,
                         std::size_t wal_limit)
    : log_(std::move(log)),
      bodies_(bodies),
      writer_(writer),
      wal_limit_(wal_limit),
      page_size_(log_ ? log_->query_one<std::size_t>("PRAGMA page_size") : 0),
      thread_([this] { work(); }) {}

Maintenance::~Maintenance() {
  stop();
}

void Maintenance::written(std::size_t octets) noexcept {
  const bool full = octets_.fetch_add(octets, std::memory_order_relaxed) + octets >= wal_limit_ / 8;
  if (!full && !dead_files_.load(std::memory_order_relaxed)) {
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
    if (octets_.load(std::memory_order_relaxed) >= wal_limit_ / 8) {
      checkpoint();
    }
    if (dead_files_.exchange(false, std::memory_order_relaxed)) {
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
    const auto [busy, logged, moved] =
        log_->query_one<int, std::int64_t, std::int64_t>("PRAGMA wal_checkpoint(PASSIVE)");
    if (logged > 0 && static_cast<std::size_t>(logged) * page_size_ >= wal_limit_) {
      writer_.request_checkpoint();
    }
  } catch (const sql::Error&) {  // a full disk, say: tried again when more has been written
  }
}

void Maintenance::unlink_dead_files() noexcept {
  try {
    for (;;) {
      const std::vector<std::string> names = writer_.write([](sql::Connection& db) {
        return db.query<std::string>("SELECT name FROM dead_file LIMIT ?", files_at_a_time).all();
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
      writer_.write([&](sql::Connection& db) {
        for (const std::string& name : gone) {
          db.exec("DELETE FROM dead_file WHERE name = ?", name);
        }
      });
    }
  } catch (const std::exception&) {  // the rows stay, and are seen to the next time
  }
}

}  // namespace posthouse::store
