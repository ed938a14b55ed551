#pragma once
// One direction of a simulated connection. (Internal to the module.)
//
// Terms. A flow holds *segments*, in the order they were sent: octets, at last perhaps the end or a reset. Each
// *arrives* at its moment; what has not arrived is *under way*. A flow that is *held* lets nothing arrive. The receiver
// is *gone* when it has closed.
//
// Invariants. 1. Segments arrive in the order they were sent. 2. Nothing follows an end or a reset; both stay, and are
// met by every read. 3. size_ is the sum of the octets, and at most the capacity.
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>

#include "posthouse/net/sim/core.h"
#include "posthouse/net/sim/waiters.h"

namespace posthouse::net::sim {

class Flow {
 public:
  enum class Next : std::uint8_t { nothing, octets, end, reset };

  explicit Flow(Core& core);

  // The sender's.
  std::size_t room() const noexcept { return capacity_ - size_; }
  /// At most room() octets, before the end.
  void send(std::string_view octets);
  void send_end();
  /// With it, what the receiver has not read may be lost (chance decides), and nothing follows. Without effect after a
  /// reset.
  void send_reset();
  bool has_ended() const noexcept { return ended_; }

  // The receiver's.
  /// What a read would meet now.
  Next next() const noexcept;
  /// The moment at which next() changes by itself; TimePoint::max() when never.
  TimePoint next_arrival() const noexcept;
  /// Takes octets that have arrived: some, and at most into.size(). next() must be Next::octets.
  std::size_t receive(std::span<char> into);
  /// The moment at which a reset arrives; TimePoint::max() without one.
  TimePoint reset_arrival() const noexcept;
  /// Drops what there is and all that will come. True when octets were under way.
  bool close_receiver() noexcept;
  bool receiver_gone() const noexcept { return gone_; }

  // The network's.
  void hold() noexcept;
  /// What was held arrives. True when octets were, and the receiver is gone.
  bool release();
  bool is_held() const noexcept { return held_; }

  Waiters readable{"input"};            // woken when next_arrival() may have changed
  Waiters writable{"room for output"};  // woken when there is room, or no need of any

 private:
  struct Segment {
    Next kind;
    TimePoint arrives;
    std::string octets;
  };
  void push(Next kind, std::string_view octets);
  TimePoint arrival();
  void drop() noexcept;

  Core& core_;
  const std::size_t capacity_;
  std::deque<Segment> segments_;
  std::size_t begin_ = 0;  // what counts of the first segment begins there
  std::size_t size_ = 0;
  TimePoint last_arrival_{};
  bool ended_ = false;
  bool gone_ = false;
  bool held_ = false;
};

}  // namespace posthouse::net::sim
