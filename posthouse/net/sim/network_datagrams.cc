// The part of the simulated network that carries datagrams.
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "posthouse/net/error.h"
#include "posthouse/net/sim/datagram_end.h"
#include "posthouse/net/sim/network.h"
#include "posthouse/net/socket/bind_error.h"

namespace posthouse::net::sim {

bool Network::is_multicast(const Address& address) noexcept {
  const auto first = static_cast<unsigned char>(address.octets().front());
  return address.family() == Address::Family::ipv4 ? (first & 0xF0U) == 0xE0U : first == 0xFFU;
}

std::unique_ptr<DatagramTransport> Network::open_datagrams(const Address& local, const Address& peer,
                                                           const UdpOptions& options) {
  const std::string action = "cannot bind UDP to " + local.to_string();
  if (!local.is_ip() && !peer.is_ip()) {
    throw Error(Errc::invalid, "UDP needs an IP address, not " + (local.is_ip() ? peer : local).to_string());
  }
  Machine& machine = here();
  Address at = local.is_ip() ? local : machine.source_for(peer);
  if (!at.is_ip()) {
    throw Error::from_errno(ENETUNREACH, "cannot connect UDP to " + peer.to_string());
  }
  if (!at.is_any() && !is_multicast(at) && !machine.has(at)) {
    throw detail::bind_error(EADDRNOTAVAIL, action, local);
  }
  if (core_->step(at.to_string(), "open UDP on") != SimulatedFault::none) {
    throw Error::from_errno(ENOBUFS, action);
  }
  if (at.port() == 0) {
    at = at.with_port(machine.free_port());
  }
  for (const DatagramEnd* other : machine.datagram_ends) {
    const bool shared = (options.reuse_port && other->options().reuse_port) ||
                        (options.reuse_address && other->options().reuse_address);
    const bool same = at.is_any() ? other->local_address().port() == at.port() : other->covers(at);
    if (same && !shared) {
      throw detail::bind_error(EADDRINUSE, action, local);
    }
  }
  return std::make_unique<DatagramEnd>(*this, machine, at, peer, options);
}

void Network::send(DatagramEnd& from, const Address& to, std::string_view local, std::string_view data,
                   const std::string& action) {
  ++core_->counts.datagrams;
  Address source = from.local_address();
  const bool to_many = is_multicast(to) || to.ip() == "255.255.255.255";
  if (source.is_any()) {
    const Address own = local.empty() ? from.machine().source_for(to) : Address::from_octets(local, source.port());
    if (!own.is_ip()) {
      throw Error::from_errno(ENETUNREACH, action);
    }
    source = own.with_port(source.port());
  }
  if (to_many) {
    return send_to_many(from, source, to, data, action);
  }
  Machine* machine = owner(to, from.machine());
  if (machine == nullptr || is_cut(from.machine(), *machine)) {
    return;
  }
  std::vector<DatagramEnd*> ends;
  std::copy_if(machine->datagram_ends.begin(), machine->datagram_ends.end(), std::back_inserter(ends),
               [&](const DatagramEnd* end) { return end->takes(source, to); });
  if (ends.empty()) {
    if (from.peer_address().is_ip()) {
      from.refuse(core_->now() + core_->latency() + core_->latency());
    }
    return;
  }
  DatagramEnd& end = *ends[core_->chance.below(ends.size())];
  DatagramPeer sender(source);
  if (end.local_address().is_any() && !end.peer_address().is_ip()) {
    sender.set_local(to.octets());
  }
  deliver(end, sender, data);
}

void Network::send_to_many(DatagramEnd& from, const Address& source, const Address& to, std::string_view data,
                           const std::string& action) {
  const bool multicast = is_multicast(to);
  if (!multicast && !from.options().broadcast) {
    throw Error::from_errno(EACCES, action);
  }
  for (const auto& machine : machines_) {
    const bool own = machine.get() == &from.machine();
    if (is_cut(from.machine(), *machine) || (own && multicast && !from.options().multicast_loop)) {
      continue;
    }
    const std::vector<DatagramEnd*> ends = machine->datagram_ends;
    for (DatagramEnd* end : ends) {
      const Address local = end->local_address();
      if (local.port() != to.port() || (multicast && !end->is_member(to))) {
        continue;
      }
      if (local.is_any() || local == to) {
        deliver(*end, source, data);
      }
    }
  }
}

void Network::deliver(DatagramEnd& to, const DatagramPeer& source, std::string_view data) {
  if (core_->chance.happens(core_->options.drop)) {
    ++core_->counts.dropped;
    core_->record(source.to_string(), "loses a datagram of", data.size());
    return;
  }
  if (core_->chance.happens(core_->options.duplicate)) {
    ++core_->counts.duplicated;
    core_->record(source.to_string(), "doubles a datagram of", data.size());
    to.add(core_->now() + core_->latency(), source, std::string(data));
  }
  to.add(core_->now() + core_->latency(), source, std::string(data));
}

}  // namespace posthouse::net::sim
