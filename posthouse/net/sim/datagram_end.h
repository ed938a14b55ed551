#pragma once
// A simulated UDP socket. (Internal to the module.)
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "posthouse/net/sim/core.h"
#include "posthouse/net/sim/waiters.h"
#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net::sim {

class Machine;
class Network;

class DatagramEnd final : public DatagramTransport {
 public:
  DatagramEnd(Network& network, Machine& machine, Address local, Address peer, const UdpOptions& options);
  ~DatagramEnd() override { close(); }

  Received receive_from(std::span<char> into, Deadline deadline) override;
  std::size_t receive_batch(std::span<Datagram> into, Deadline deadline) override;
  std::size_t send_batch(std::span<const Datagram> datagrams, Deadline deadline) override;
  void set_membership(const Address& group, const std::string& interface, bool member) override;
  void close() noexcept override;
  bool is_open() const noexcept override { return open_; }
  Address local_address() const override { return local_; }
  Address peer_address() const override { return peer_; }

  Machine& machine() const noexcept { return machine_; }
  const UdpOptions& options() const noexcept { return options_; }
  bool is_member(const Address& group) const { return groups_.contains(group.with_port(0)); }
  /// True when datagrams from `source` to `destination`, an address of this machine, come here.
  bool takes(const Address& source, const Address& destination) const noexcept;
  bool covers(const Address& address) const noexcept;
  /// A datagram that will arrive at `moment`. Dropped when too many octets are there unread.
  void add(TimePoint moment, const DatagramPeer& source, std::string data);
  /// The machine of the peer says, at `moment`, that nobody listens.
  void refuse(TimePoint moment);

 private:
  struct Packet {
    DatagramPeer source;
    std::string data;
  };
  void check_open() const;
  SimulatedFault step(const char* what);
  void send_one(const Datagram& datagram);
  void throw_if_refused();
  void await_packet(Deadline deadline);
  std::optional<Packet> take();

  Network& network_;
  Machine& machine_;
  const std::shared_ptr<Core> core_;
  const Address local_;
  const Address peer_;
  const UdpOptions options_;
  std::set<Address> groups_;
  std::multimap<TimePoint, Packet> under_way_;
  std::size_t octets_ = 0;                // in under_way_
  TimePoint refused_ = TimePoint::max();  // when the next refusal arrives
  std::vector<std::string> received_;     // what the last batch points to
  Waiters receivable_{"a datagram"};
  bool open_ = true;
};

}  // namespace posthouse::net::sim
