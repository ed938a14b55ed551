#pragma once
// The simulated network: who is where, and what connects them. (Internal to the module.)
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/net/listen/listener.h"
#include "posthouse/net/sim/connection.h"
#include "posthouse/net/sim/core.h"
#include "posthouse/net/sim/machine.h"

namespace posthouse::net::sim {

class Network {
 public:
  explicit Network(std::shared_ptr<Core> core);

  Machine& add_machine(const std::string& name, std::vector<Address> addresses);
  /// The machine the calling fiber runs on.
  Machine& here() noexcept;
  /// The machine that has `address`, seen from `from`; null when none has.
  Machine* owner(const Address& address, Machine& from) noexcept;
  bool is_cut(const Machine& one, const Machine& other) const noexcept;
  void set_cut(const Machine& one, const Machine& other, bool cut);

  std::unique_ptr<Transport> connect(const Address& address, Deadline deadline);
  std::unique_ptr<Acceptor> listen(const Address& address, const ListenOptions& options);
  std::unique_ptr<DatagramTransport> open_datagrams(const Address& local, const Address& peer,
                                                    const UdpOptions& options);

  /// Sends `data` from `from`. Throws Error with `action` in front when it has no way out.
  /// `local`: the octets of the address it leaves from, empty: the way decides.
  void send(DatagramEnd& from, const Address& to, std::string_view local, std::string_view data,
            const std::string& action);
  static bool is_multicast(const Address& address) noexcept;

  const std::shared_ptr<Core>& core() const noexcept { return core_; }
  std::vector<std::unique_ptr<Machine>>& machines() noexcept { return machines_; }

 private:
  /// Waits that long, or until the deadline: false then.
  bool pass(Duration time, Deadline deadline);
  void send_to_many(DatagramEnd& from, const Address& source, const Address& to, std::string_view data,
                    const std::string& action);
  void deliver(DatagramEnd& to, const DatagramPeer& source, std::string_view data);
  std::unique_ptr<Transport> try_to_connect(Machine& from, Machine& to, const Address& address, Deadline deadline,
                                            const std::string& action);

  const std::shared_ptr<Core> core_;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;  // pairs of machines, the lower number first
  std::vector<std::weak_ptr<Connection>> connections_;
};

}  // namespace posthouse::net::sim
