#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>
#include <string>

#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::net {

namespace {

using fiber::detail::WaitList;

// One direction. Terms: the writer has *ended* when it will send no more; the reader is *gone* when it closed.
class Direction {
 public:
  explicit Direction(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  std::size_t read_some(std::span<char> into, Deadline deadline) {
    fiber::detail::Wakeups wakeups;
    std::unique_lock lock(mutex_);
    wait_for_octets(lock, deadline);
    const std::size_t count = std::min(into.size(), octets_.size() - begin_);
    std::copy_n(octets_.data() + begin_, count, into.data());
    begin_ += count;
    if (begin_ == octets_.size() || begin_ >= capacity_) {
      octets_.erase(0, begin_);
      begin_ = 0;
    }
    if (count > 0) {
      not_full_.notify_one(wakeups);
    }
    return count;
  }

  void wait_readable(Deadline deadline) {
    std::unique_lock lock(mutex_);
    wait_for_octets(lock, deadline);
  }

  std::size_t write_some(std::string_view octets, Deadline deadline) {
    fiber::detail::Wakeups wakeups;
    std::unique_lock lock(mutex_);
    while (!ended_ && !gone_ && size() >= capacity_) {
      wait(not_full_, lock, deadline, false);
    }
    if (writer_closed_) {
      throw_closed();
    }
    if (ended_) {
      throw Error(Errc::closed, "the memory pipe is closed for writing");
    }
    if (gone_) {
      throw Error(Errc::reset, "cannot write to the memory pipe: the peer has closed it", EPIPE);
    }
    const std::size_t count = std::min(octets.size(), capacity_ - size());
    octets_.append(octets.substr(0, count));
    not_empty_.notify_one(wakeups);
    return count;
  }

  void end(bool closed) noexcept {
    fiber::detail::Wakeups wakeups;
    const std::lock_guard lock(mutex_);
    ended_ = true;
    writer_closed_ = writer_closed_ || closed;
    not_empty_.notify_all(wakeups);
    not_full_.notify_all(wakeups);
  }

  void reader_gone() noexcept {
    fiber::detail::Wakeups wakeups;
    const std::lock_guard lock(mutex_);
    gone_ = true;
    octets_.clear();
    begin_ = 0;
    not_empty_.notify_all(wakeups);
    not_full_.notify_all(wakeups);
  }

 private:
  std::size_t size() const noexcept { return octets_.size() - begin_; }

  void wait_for_octets(std::unique_lock<std::mutex>& lock, Deadline deadline) {
    while (!ended_ && !gone_ && size() == 0) {
      wait(not_empty_, lock, deadline, true);
    }
    if (gone_) {
      throw_closed();
    }
  }

  [[noreturn]] static void throw_closed() { throw Error(Errc::canceled, "the memory pipe is closed on this side"); }

  static void wait(WaitList& list, std::unique_lock<std::mutex>& lock, Deadline deadline, bool reading) {
    switch (list.wait(lock, deadline)) {
      case WaitList::Result::notified:
        return;
      case WaitList::Result::interrupted:
        fiber::detail::throw_interrupted();
      case WaitList::Result::timeout:
        break;
    }
    throw Error(Errc::timeout,
                reading ? "cannot read from the memory pipe: timed out" : "cannot write to the memory pipe: timed out",
                0, reading);
  }

  const std::size_t capacity_;
  std::mutex mutex_;
  std::string octets_;  // what counts begins at begin_
  std::size_t begin_ = 0;
  bool ended_ = false;
  bool writer_closed_ = false;
  bool gone_ = false;
  WaitList not_empty_{"octets from a memory pipe"};
  WaitList not_full_{"room in a memory pipe"};
};

class MemoryTransport final : public Transport {
 public:
  MemoryTransport(std::shared_ptr<Direction> in, std::shared_ptr<Direction> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ~MemoryTransport() override { close(); }

  std::size_t read_some(std::span<char> into, Deadline deadline) override {
    throw_if_canceled();
    return in_->read_some(into, deadline);
  }
  void wait_readable(Deadline deadline) override {
    throw_if_canceled();
    in_->wait_readable(deadline);
  }
  std::size_t write_some(std::string_view octets, Deadline deadline) override {
    throw_if_canceled();
    return out_->write_some(octets, deadline);
  }
  void shutdown_write(Deadline) override {
    throw_if_canceled();
    out_->end(false);
  }
  void close() noexcept override {
    in_->reader_gone();
    out_->end(true);
  }

 private:
  const std::shared_ptr<Direction> in_;
  const std::shared_ptr<Direction> out_;
};

}  // namespace

std::pair<Stream, Stream> memory_pipe(std::size_t capacity) {
  auto there = std::make_shared<Direction>(capacity);
  auto back = std::make_shared<Direction>(capacity);
  return {Stream(std::make_unique<MemoryTransport>(back, there)),
          Stream(std::make_unique<MemoryTransport>(there, back))};
}

}  // namespace posthouse::net
