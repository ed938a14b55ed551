#include "posthouse/net/sim/machine.h"

#include <algorithm>

#include "posthouse/net/sim/datagram_end.h"
#include "posthouse/net/sim/listening.h"

namespace posthouse::net::sim {

bool Machine::has(const Address& address) const noexcept {
  if (address.is_loopback()) {
    return true;
  }
  return std::any_of(addresses().begin(), addresses().end(),
                     [&](const Address& own) { return own.octets() == address.octets(); });
}

Address Machine::source_for(const Address& peer) const {
  if (peer.is_loopback()) {
    return peer.with_port(0);
  }
  for (const Address& own : addresses()) {
    if (own.family() == peer.family()) {
      return own;
    }
  }
  return {};
}

std::uint16_t Machine::free_port() noexcept {
  const auto used = [&](std::uint16_t port) {
    return std::any_of(listening.begin(), listening.end(),
                       [&](const Listening* one) { return one->local_address().port() == port; }) ||
           std::any_of(datagram_ends.begin(), datagram_ends.end(),
                       [&](const DatagramEnd* one) { return one->local_address().port() == port; });
  };
  do {
    last_port_ = last_port_ == 65'535 ? 49'152 : static_cast<std::uint16_t>(last_port_ + 1);
  } while (used(last_port_));
  return last_port_;
}

}  // namespace posthouse::net::sim
