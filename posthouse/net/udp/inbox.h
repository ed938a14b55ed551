#pragma once
// Where a batch of datagrams is received. (Internal to the module.)
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include <sys/socket.h>

#include "posthouse/net/udp/packet_info.h"
#include "posthouse/net/udp/wire_address.h"
#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net::detail {

/// The most datagrams, or runs of datagrams, that cross the kernel's border in one call.
constexpr std::size_t batch_limit = 64;

/// Memory for up to batch_limit messages from recvmmsg(2), and the taking apart of those that the kernel has made of
/// several datagrams of one sender (UDP_GRO): all but the last of these have the size it tells.
///
/// It is filled only when empty: what lies in it is valid until the next fill().
class Inbox {
 public:
  /// True when all datagrams have been taken out.
  bool empty() const noexcept { return next_ == filled_; }
  /// Receives, without waiting, up to `wanted` messages (1 … batch_limit). Returns how many, or -1 with errno set.
  /// `accompanied`: the kernel may have joined datagrams, or tells where they were sent to.
  int fill(int descriptor, std::size_t wanted, bool accompanied);
  /// Takes datagrams out, as many as there are and `into` has room for.
  std::size_t take(std::span<Datagram> into);
  /// Takes one out (there is one): its data, and its sender in sender().
  std::string_view take_one();
  const DatagramPeer& sender() const noexcept { return sender_; }

 private:
  // The longest payload is 65,527 octets (over IPv6). Slots lie a bit more than a power of two apart; else the fronts
  // of all of them would compete for the same lines of the processor's caches.
  static constexpr std::size_t slot_size = 65'536;
  static constexpr std::size_t slot_distance = slot_size + 4096 + 256;
  struct Slot {
    iovec memory{};
    WireAddress from{};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int)) + packet_info_space];
  };

  void reserve(std::size_t slots);
  void open_next();

  std::unique_ptr<char[]> memory_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> headers_;
  std::size_t filled_ = 0;  // messages received
  std::size_t next_ = 0;    // the one whose datagrams are taken out
  std::size_t offset_ = 0;  // in that one: where the next datagram begins
  std::size_t step_ = 0;    // in that one: how far datagrams are apart; 0: not looked at yet
  DatagramPeer sender_{};   // of the last one taken out
};

}  // namespace posthouse::net::detail
