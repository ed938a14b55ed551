#pragma once
// A file descriptor that can be waited for, in a fiber or in a thread. (Internal to the module.)
#include <atomic>
#include <cstdint>
#include <string>

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/time.h"

namespace posthouse::fiber::detail {

/// To be called before every piece of I/O: throws Errc::canceled, and lets other fibers run when this one has done
/// much.
inline void begin_io() {
  if (Fiber* fiber = Loop::current_fiber(); fiber != nullptr) {
    fiber->loop.count_io(*fiber);
    fiber->throw_if_canceled();
  } else {
    Task::current().throw_if_canceled();
  }
}

/// To be called after I/O that has moved so many octets: they count for the fiber's turn, too.
inline void count_octets(std::size_t octets) noexcept {
  if (Loop* loop = Loop::current(); loop != nullptr) {
    loop->count_octets(octets);
  }
}

/// Owns a non-blocking descriptor. For each direction one task at a time may wait; both on one loop.
///
/// The pattern of every call is
///
///     for (;;) {
///       descriptor.begin_io();                  // cancellation, fairness (with count_octets() when it has worked)
///       if (descriptor.likely(Side::read)) {
///         result = ::recv(…);
///         if (…it worked…) return …;            // perhaps drained(Side::read)
///         if (errno == EAGAIN) descriptor.drained(Side::read);
///       }
///       descriptor.wait(Side::read, deadline);
///     }
class Descriptor : public HasPeer {
 public:
  enum class Side : std::uint8_t { read, write };
  enum class Wait : std::uint8_t { ready, timeout };

  enum class Kind : std::uint8_t {
    other,
    tcp,  // a read of less than was asked for proves that nothing is left
    udp,  // tells of room for more after each datagram sent: that is watched only while somebody waits for it
  };

  explicit Descriptor(int descriptor, Kind kind = Kind::other) noexcept : descriptor_(descriptor), kind_(kind) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  /// Empty. What stands on sockets (net) says more.
  std::string peer_name() const override { return {}; }

  int get() const noexcept { return descriptor_; }
  bool is_open() const noexcept { return descriptor_ >= 0; }
  void close() noexcept;

  /// detail::begin_io(); also throws Errc::closed when it is closed.
  void begin_io() {
    detail::begin_io();
    if (descriptor_ < 0) {
      throw_closed();
    }
  }
  /// False when a system call would only say EAGAIN.
  bool likely(Side side) const noexcept {
    if (const Registration* here = registration_here(); here != nullptr) {
      return side == Side::read ? here->readable : here->writable;
    }
    return !poll_first_[static_cast<int>(side)];
  }
  /// To be told of EAGAIN.
  void drained(Side side) noexcept;
  /// To be told of a read of `got` octets where `wanted` were asked for.
  void after_read(std::size_t got, std::size_t wanted) noexcept;
  /// Waits until a call is likely to work, or may return early when `interrupt` is set and this task woken. `timeout`
  /// is the deadline's or that of a DeadlineScope. Throws Errc::canceled.
  Wait wait(Side side, Deadline deadline, const std::atomic<bool>* interrupt = nullptr);
  /// Waits as wait() does, unless a read is known to be likely.
  Wait wait_before_read(Deadline deadline);

 private:
  Registration* registration_here() const noexcept {
    if (registration_ == nullptr) {
      return nullptr;
    }
    const Loop* loop = Loop::current();
    return loop != nullptr && loop->poller() == registration_->poller ? registration_ : nullptr;
  }
  [[noreturn]] static void throw_closed();
  // Registered with the loop, by a caller who is going to wait for that side.
  Registration& attach(Loop& loop, Side side) {
    return registration_ != nullptr && registration_->poller == loop.poller() ? *registration_
                                                                              : attach_anew(loop, side);
  }
  Registration& attach_anew(Loop& loop, Side side);
  void detach() noexcept;
  void watch_writing(Registration& registration, bool on) noexcept;
  Wait wait_in_thread(Side side, Deadline deadline, const std::atomic<bool>* interrupt);

  int descriptor_;
  const Kind kind_;
  bool poll_first_[2] = {false, false};  // while not registered: the last call proved that the next would have to wait
  Registration* registration_ = nullptr;
};

}  // namespace posthouse::fiber::detail
