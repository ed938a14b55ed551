#pragma once
// A batch of datagrams as the kernel takes it. (Internal to the module.)
#include <array>
#include <cstddef>
#include <span>

#include <sys/socket.h>

#include "posthouse/net/udp/inbox.h"
#include "posthouse/net/udp/packet_info.h"
#include "posthouse/net/udp/wire_address.h"
#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net::detail {

/// Messages for sendmmsg(2). A run of datagrams to one peer that have one size (the last may be shorter) becomes one
/// message, which the kernel or the network card takes apart again (UDP_SEGMENT). Lives on the stack, 12 KiB.
class Outbox {
 public:
  /// Packs the front of `datagrams` (not empty), at most batch_limit. Datagrams longer than `segment_limit` octets are
  /// never joined. `ipv6_socket` as in WireAddress, and throws as it does when that happens with the first datagram; a
  /// later one that cannot be sent is left out with what follows it. `chooses_local`: the socket is bound to all
  /// addresses, so that each datagram leaves from its peer's local_octets().
  Outbox(std::span<const Datagram> datagrams, std::size_t segment_limit, bool ipv6_socket, bool chooses_local);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Sends, without waiting, and returns how many datagrams were sent, or -1 with errno set.
  int send(int descriptor);
  /// The size in which the first message is to be taken apart, in octets; 0 when it is one datagram.
  std::size_t first_segment_size() const noexcept { return first_segment_size_; }

 private:
  std::size_t run_length(std::span<const Datagram> datagrams, std::size_t segment_limit) const;
  void add(std::span<const Datagram> run, bool ipv6_socket, bool chooses_local);

  // Only what is used is ever written.
  std::array<mmsghdr, batch_limit> headers_;
  std::array<unsigned, batch_limit> datagrams_in_;
  std::array<iovec, batch_limit> pieces_;
  std::array<WireAddress, batch_limit> peers_;
  struct alignas(cmsghdr) Control {
    char octets[CMSG_SPACE(sizeof(std::uint16_t)) + local_space];
  };
  std::array<Control, batch_limit> controls_;
  std::size_t messages_ = 0;
  std::size_t packed_ = 0;
  std::size_t first_segment_size_ = 0;
};

}  // namespace posthouse::net::detail
