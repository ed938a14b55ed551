#include "posthouse/net/udp/outbox.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <netinet/udp.h>

#include "posthouse/net/error.h"

namespace posthouse::net::detail {

namespace {

// What one message may hold in all: the longest IPv4 payload, which is shorter than that of IPv6.
constexpr std::size_t longest_run = 65'507;

}  // namespace

std::size_t Outbox::run_length(std::span<const Datagram> datagrams, std::size_t segment_limit) const {
  const std::size_t size = datagrams[0].data.size();
  if (size == 0 || size > segment_limit) {
    return 1;
  }
  std::size_t count = 1;
  for (std::size_t total = size; count < datagrams.size(); ++count) {
    const Datagram& next = datagrams[count];
    total += next.data.size();
    if (next.data.empty() || next.data.size() > size || total > longest_run || next.peer != datagrams[0].peer ||
        next.peer.local_octets() != datagrams[0].peer.local_octets()) {
      break;
    }
    if (next.data.size() < size) {
      return count + 1;  // a shorter one can only be the last
    }
  }
  return count;
}

void Outbox::add(std::span<const Datagram> run, bool ipv6_socket, bool chooses_local) {
  msghdr& header = headers_[messages_].msg_hdr;
  header = {};
  if (run[0].peer.family() != Address::Family::none) {
    WireAddress& peer = peers_[messages_] = WireAddress(run[0].peer, ipv6_socket);
    header.msg_name = peer.get();
    header.msg_namelen = peer.size;
  }
  header.msg_iov = &pieces_[packed_];
  header.msg_iovlen = run.size();
  for (const Datagram& datagram : run) {
    pieces_[packed_++] = {const_cast<char*>(datagram.data.data()), datagram.data.size()};
  }
  const std::string_view local = chooses_local ? run[0].peer.local_octets() : std::string_view();
  if (run.size() > 1 || !local.empty()) {
    header.msg_control = (controls_[messages_] = {}).octets;  // its padding, too, is given to the kernel
  }
  if (!local.empty()) {
    header.msg_controllen = put_local(*static_cast<cmsghdr*>(header.msg_control), local, ipv6_socket);
  }
  if (run.size() > 1) {
    const auto size = static_cast<std::uint16_t>(run[0].data.size());
    auto* control = reinterpret_cast<cmsghdr*>(controls_[messages_].octets + header.msg_controllen);
    header.msg_controllen += CMSG_SPACE(sizeof size);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof size);
    std::memcpy(CMSG_DATA(control), &size, sizeof size);
    if (messages_ == 0) {
      first_segment_size_ = size;
    }
  }
  datagrams_in_[messages_++] = static_cast<unsigned>(run.size());
}

Outbox::Outbox(std::span<const Datagram> datagrams, std::size_t segment_limit, bool ipv6_socket, bool chooses_local) {
  datagrams = datagrams.first(std::min(datagrams.size(), batch_limit));
  while (!datagrams.empty()) {
    const std::size_t count = run_length(datagrams, segment_limit);
    try {
      add(datagrams.first(count), ipv6_socket, chooses_local);
    } catch (const Error&) {
      if (messages_ == 0) {
        throw;
      }
      return;
    }
    datagrams = datagrams.subspan(count);
  }
}

int Outbox::send(int descriptor) {
  const int messages =
      ::sendmmsg(descriptor, headers_.data(), static_cast<unsigned>(messages_), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (messages < 0) {
    return -1;
  }
  unsigned sent = 0;
  for (int i = 0; i < messages; ++i) {
    sent += datagrams_in_[static_cast<std::size_t>(i)];
  }
  return static_cast<int>(sent);
}

}  // namespace posthouse::net::detail
