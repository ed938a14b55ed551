#include "posthouse/net/sim/datagram_end.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/sim/network.h"

namespace posthouse::net::sim {

namespace {

// Linux's net.core.rmem_default.
constexpr std::size_t default_receive_buffer = 212'992;

std::size_t longest_payload(const Address& to) {
  return to.family() == Address::Family::ipv4 ? 65'507 : 65'527;
}

}  // namespace

DatagramEnd::DatagramEnd(Network& network, Machine& machine, Address local, Address peer, const UdpOptions& options)
    : network_(network),
      machine_(machine),
      core_(network.core()),
      local_(std::move(local)),
      peer_(std::move(peer)),
      options_(options) {
  machine_.datagram_ends.push_back(this);
}

void DatagramEnd::check_open() const {
  throw_if_canceled();
  if (!open_) {
    throw Error(Errc::canceled, fmt::format("the UDP socket on {} is closed", local_.to_string()), 0, true);
  }
}

SimulatedFault DatagramEnd::step(const char* what) {
  check_open();
  const SimulatedFault fault = core_->step(local_.to_string(), what);
  check_open();
  return fault;
}

// Receiving ----------------------------------------------------------------------------------------------------------

bool DatagramEnd::covers(const Address& address) const noexcept {
  if (!local_.is_any()) {
    return local_ == address;
  }
  if (local_.port() != address.port()) {
    return false;
  }
  return local_.family() == address.family() || (local_.family() == Address::Family::ipv6 && options_.dual_stack);
}

bool DatagramEnd::takes(const Address& source, const Address& destination) const noexcept {
  return covers(destination) && (!peer_.is_ip() || peer_ == source);
}

void DatagramEnd::add(TimePoint moment, const DatagramPeer& source, std::string data) {
  const std::size_t most =
      options_.receive_buffer > 0 ? static_cast<std::size_t>(options_.receive_buffer) : default_receive_buffer;
  if (octets_ + data.size() > most) {
    ++core_->counts.dropped;
    core_->record(local_.to_string(), "has no room for a datagram of", data.size());
    return;
  }
  octets_ += data.size();
  under_way_.emplace(moment, Packet{source, std::move(data)});
  receivable_.wake();
}

void DatagramEnd::refuse(TimePoint moment) {
  refused_ = std::min(refused_, moment);
  receivable_.wake();
}

void DatagramEnd::throw_if_refused() {
  if (refused_ > core_->now()) {
    return;
  }
  refused_ = TimePoint::max();
  throw Error::from_errno(ECONNREFUSED, "no answer from " + peer_.to_string());
}

void DatagramEnd::await_packet(Deadline deadline) {
  for (;;) {
    throw_if_refused();
    const TimePoint first = under_way_.empty() ? TimePoint::max() : under_way_.begin()->first;
    if (first <= core_->now()) {
      return;
    }
    if (deadline.expired()) {
      throw Error(Errc::timeout, fmt::format("no datagram to {} came in time", local_.to_string()), 0, true);
    }
    receivable_.wait(std::min({deadline.moment(), first, refused_}), peer_.is_ip() ? &peer_ : nullptr);
    check_open();
  }
}

std::optional<DatagramEnd::Packet> DatagramEnd::take() {
  if (under_way_.empty() || under_way_.begin()->first > core_->now()) {
    return std::nullopt;
  }
  Packet packet = std::move(under_way_.begin()->second);
  under_way_.erase(under_way_.begin());
  octets_ -= packet.data.size();
  core_->record(local_.to_string(), "has received from " + packet.source.to_string(), packet.data.size());
  return packet;
}

Received DatagramEnd::receive_from(std::span<char> into, Deadline deadline) {
  if (step("receive a datagram") != SimulatedFault::none) {
    throw Error::from_errno(EIO, "cannot receive a datagram");
  }
  await_packet(deadline);
  const std::optional<Packet> packet = take();
  const std::size_t size = std::min(packet->data.size(), into.size());
  std::copy_n(packet->data.data(), size, into.data());
  return {.size = size, .truncated = size < packet->data.size(), .from = packet->source};
}

std::size_t DatagramEnd::receive_batch(std::span<Datagram> into, Deadline deadline) {
  if (step("receive datagrams") != SimulatedFault::none) {
    throw Error::from_errno(EIO, "cannot receive datagrams");
  }
  await_packet(deadline);
  received_.clear();
  received_.reserve(into.size());
  while (received_.size() < into.size()) {
    std::optional<Packet> packet = take();
    if (!packet) {
      break;
    }
    Datagram& datagram = into[received_.size()];
    datagram.peer = packet->source;
    datagram.data = received_.emplace_back(std::move(packet->data));
  }
  return received_.size();
}

// Sending ------------------------------------------------------------------------------------------------------------

void DatagramEnd::send_one(const Datagram& datagram) {
  const Address& to = datagram.peer.is_ip() ? datagram.peer : peer_;
  const std::string action = "cannot send a datagram to " + to.to_string();
  if (!to.is_ip()) {
    throw Error(Errc::invalid, action + ": the socket is not connected", EDESTADDRREQ, true);
  }
  if (datagram.data.size() > longest_payload(to)) {
    throw Error(Errc::too_long, action + ": it is too long", EMSGSIZE, true);
  }
  if (step("send a datagram") != SimulatedFault::none) {
    throw Error::from_errno(ENETUNREACH, action);
  }
  throw_if_refused();
  network_.send(*this, to, datagram.peer.local_octets(), datagram.data, action);
}

std::size_t DatagramEnd::send_batch(std::span<const Datagram> datagrams, Deadline) {
  for (std::size_t sent = 0; sent < datagrams.size(); ++sent) {
    try {
      send_one(datagrams[sent]);
    } catch (const Error& error) {
      if (sent == 0 || error.errc() == Errc::canceled) {
        throw;
      }
      return sent;
    }
  }
  return datagrams.size();
}

void DatagramEnd::set_membership(const Address& group, const std::string& interface, bool member) {
  check_open();
  const bool multicast = group.is_ip() && Network::is_multicast(group);
  if (!multicast || !interface.empty()) {
    throw Error(Errc::invalid, fmt::format("no multicast group: {} on \"{}\"", group.to_string(), interface), 0, true);
  }
  if (member ? groups_.insert(group.with_port(0)).second : groups_.erase(group.with_port(0)) > 0) {
    return;
  }
  throw Error(Errc::invalid, (member ? "a member already of " : "no member of ") + group.ip(), 0, true);
}

void DatagramEnd::close() noexcept {
  if (!std::exchange(open_, false)) {
    return;
  }
  std::erase(machine_.datagram_ends, this);
  under_way_.clear();
  octets_ = 0;
  receivable_.wake();
}

}  // namespace posthouse::net::sim
