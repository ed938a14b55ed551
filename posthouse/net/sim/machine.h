#pragma once
// A machine of the simulated network: its addresses and what listens on them. (Internal to the module.)
#include <cstdint>
#include <set>
#include <vector>

#include "posthouse/net/sim/simulation.h"

namespace posthouse::net::sim {

class Listening;
class DatagramEnd;

class Machine final : public SimulatedHost {
 public:
  Machine(std::size_t which, std::string name, std::vector<Address> addresses)
      : SimulatedHost(std::move(name), std::move(addresses)), number(which) {}

  /// True for its own addresses, loopback ones, and the paths of Unix sockets.
  bool has(const Address& address) const noexcept;
  /// Its address that talks to `peer`; none when it has none of that family.
  Address source_for(const Address& peer) const;
  /// A port nobody uses.
  std::uint16_t free_port() noexcept;

  const std::size_t number;
  std::vector<Listening*> listening;
  std::vector<DatagramEnd*> datagram_ends;

 private:
  std::uint16_t last_port_ = 49'151;
};

}  // namespace posthouse::net::sim
