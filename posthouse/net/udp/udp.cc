#include "posthouse/net/udp/udp.h"

#include <utility>

#include "posthouse/net/dns/named_addresses.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/error.h"
#include "posthouse/net/udp/open_datagrams.h"

namespace posthouse::net {

using detail::first_that_works;
using detail::named_addresses;
using detail::open_datagrams;

UdpSocket::UdpSocket(std::unique_ptr<DatagramTransport> transport) noexcept : transport_(std::move(transport)) {}

UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
  if (this != &other) {
    close();
    transport_ = std::move(other.transport_);
    timeout_ = other.timeout_;
  }
  return *this;
}

UdpSocket::~UdpSocket() {
  close();
}

// Making one ----------------------------------------------------------------------------------------------------------

UdpSocket UdpSocket::bind(const Address& address, const UdpOptions& options) {
  return UdpSocket(open_datagrams(address, {}, options));
}

UdpSocket UdpSocket::bind(std::string_view address, const UdpOptions& options) {
  if (const auto literal = Address::try_parse(address)) {
    return bind(*literal, options);
  }
  return first_that_works(named_addresses(address, {}), [&](const Address& local) { return bind(local, options); });
}

UdpSocket UdpSocket::open(const UdpOptions& options) {
  return bind(Address("::", 0), options);
}

UdpSocket UdpSocket::connect(const Address& peer, const UdpOptions& options) {
  return UdpSocket(open_datagrams(options.source, peer, options));
}

UdpSocket UdpSocket::connect(std::string_view peer, Deadline deadline, const UdpOptions& options) {
  if (const auto literal = Address::try_parse(peer)) {
    return connect(*literal, options);
  }
  return first_that_works(named_addresses(peer, deadline),
                          [&](const Address& address) { return connect(address, options); });
}

UdpSocket UdpSocket::connect(const std::string& host, std::uint16_t port, Deadline deadline,
                             const UdpOptions& options) {
  if (const auto literal = Address::try_ip(host, port)) {
    return connect(*literal, options);
  }
  return first_that_works(system_addresses(host, port, deadline),
                          [&](const Address& address) { return connect(address, options); });
}

// Using it ------------------------------------------------------------------------------------------------------------

DatagramTransport& UdpSocket::transport() const {
  if (transport_ == nullptr) {
    throw Error(Errc::closed, "the UDP socket is not open");
  }
  return *transport_;
}

ReceivedDatagram UdpSocket::receive_from(Deadline deadline) {
  Datagram datagram;
  transport().receive_batch({&datagram, 1}, effective(deadline));
  return {std::string(datagram.data), std::move(datagram.peer)};
}

Received UdpSocket::receive_from(std::span<char> into, Deadline deadline) {
  return transport().receive_from(into, effective(deadline));
}

std::string UdpSocket::receive(Deadline deadline) {
  return receive_from(deadline).data;
}

void UdpSocket::send_to(std::string_view data, const Address& peer, Deadline deadline) {
  transport().send_to(data, peer, {}, effective(deadline));
}

void UdpSocket::send_to(std::string_view data, const DatagramPeer& peer, Deadline deadline) {
  transport().send_to(data, peer, peer.local_octets(), effective(deadline));
}

void UdpSocket::send(std::string_view data, Deadline deadline) {
  send_to(data, Address(), deadline);
}

std::span<Datagram> UdpSocket::receive_batch(std::span<Datagram> into, Deadline deadline) {
  if (into.empty()) {
    throw Error(Errc::invalid, "receive_batch needs room for a datagram", 0, true);
  }
  return into.first(transport().receive_batch(into, effective(deadline)));
}

std::size_t UdpSocket::send_batch(std::span<const Datagram> datagrams, Deadline deadline) {
  return transport().send_batch(datagrams, effective(deadline));
}

void UdpSocket::join(const Address& group, const std::string& interface) {
  transport().set_membership(group, interface, true);
}

void UdpSocket::leave(const Address& group, const std::string& interface) {
  transport().set_membership(group, interface, false);
}

// The socket ----------------------------------------------------------------------------------------------------------

void UdpSocket::close() noexcept {
  if (transport_ != nullptr) {
    transport_->close();
  }
}

Address UdpSocket::local_address() const {
  return transport_ == nullptr ? Address() : transport_->local_address();
}

Address UdpSocket::peer_address() const {
  return transport_ == nullptr ? Address() : transport_->peer_address();
}

}  // namespace posthouse::net
