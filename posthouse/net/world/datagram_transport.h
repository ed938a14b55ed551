#pragma once
// What carries a UdpSocket's datagrams: the kernel's UDP (RFC 768), a simulated network, a test's fault injector.
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net {

/// Whom a datagram comes from or goes to. A received one's knows which of our addresses the sender has written to, so
/// that an answer to it leaves from there, as whoever asked expects; that is known on sockets bound to all addresses. Any
/// Address will do as a destination: then the routes choose.
class DatagramPeer : public Address {
 public:
  DatagramPeer() = default;
  DatagramPeer(Address address) noexcept : Address(std::move(address)) {}  // NOLINT

  /// The 4 or 16 octets of our address in network order, empty when the routes choose it.
  std::string_view local_octets() const noexcept { return {local_.data(), local_size_}; }
  /// `octets`: 4, 16 or none.
  void set_local(std::string_view octets) noexcept {
    assert(octets.size() <= local_.size());
    local_size_ = static_cast<std::uint8_t>(octets.copy(local_.data(), local_.size()));
  }

 private:
  std::array<char, 16> local_{};
  std::uint8_t local_size_ = 0;
};

/// One datagram: what it says, and where it came from or goes to. It owns no octets.
struct Datagram {
  std::string_view data{};  ///< May be empty: a datagram without a payload is one, too.
  DatagramPeer peer{};      ///< The sender when received, the destination to send to; none: the connected peer.
};

/// What a single receive put into its caller's memory.
struct Received {
  std::size_t size = 0;    ///< Octets at the front of the memory.
  bool truncated = false;  ///< The datagram was longer than the memory; the rest of it is lost.
  DatagramPeer from{};     ///< Who sent it.
};

/// How a UDP socket is made.
struct UdpOptions {
  bool reuse_port = false;     ///< Several sockets on one port; the kernel spreads the senders: one for each loop.
  bool reuse_address = false;  ///< Several sockets on one port, each of which gets every multicast datagram.
  bool dual_stack = true;      ///< A socket on [::] exchanges datagrams with IPv4 addresses too.
  bool broadcast = false;      ///< Sending to a broadcast address is allowed.
  int receive_buffer = 0;      ///< Octets the kernel keeps unread, as far as it allows; 0: its default.
  int send_buffer = 0;         ///< Octets the kernel keeps unsent, as far as it allows; 0: its default.
  int multicast_hops = 1;      ///< How far multicast from here goes, 0 to 255: 1 stays in the local network.
  bool multicast_loop = true;  ///< Multicast from here reaches receivers on this machine too.
  std::string multicast_interface{};  ///< Name of the interface multicast leaves by; empty: by the routes.
  Address source{};                   ///< Where a connected socket sends from; none: the system chooses.
};

/// Datagrams out of and into one socket. One caller receives at a time; any number may send meanwhile. A call that
/// waits parks the fiber or blocks the thread, and throws Error: Errc::timeout when the deadline passes, Errc::canceled
/// when the Scope is canceled or close() was called, Errc::refused when a connected peer's machine said that nobody
/// listens, Errc::too_long for a datagram that cannot be sent whole, and others that the system reports. After an error
/// that is not Errc::canceled by close() the transport stays usable.
class DatagramTransport {
 public:
  DatagramTransport() = default;
  DatagramTransport(const DatagramTransport&) = delete;
  DatagramTransport& operator=(const DatagramTransport&) = delete;
  /// No call may be under way.
  virtual ~DatagramTransport() = default;

  /// Waits for a datagram and puts it at the front of `into`.
  virtual Received receive_from(std::span<char> into, Deadline deadline) = 0;
  /// Waits for at least one datagram, fills the front of `into` (not empty) with those that are there and returns how
  /// many. Their data lie in the transport's memory until the next call that receives. None is truncated.
  virtual std::size_t receive_batch(std::span<Datagram> into, Deadline deadline) = 0;
  /// Sends the datagrams in order, waits where the kernel's buffer is full, and returns how many were sent: fewer than
  /// all when the next one failed or the deadline passed. It throws what happened when that was the first.
  virtual std::size_t send_batch(std::span<const Datagram> datagrams, Deadline deadline) = 0;
  /// The same for one datagram; `local` are the octets of the address it leaves from, empty: the routes choose.
  virtual void send_to(std::string_view data, const Address& peer, std::string_view local, Deadline deadline) {
    Datagram datagram{data, peer};
    datagram.peer.set_local(local);
    send_batch({&datagram, 1}, deadline);
  }
  /// Begins (`member`) or ends to receive what is sent to the multicast address `group` and comes in through the
  /// interface of that name; empty: the one the routes choose.
  virtual void set_membership(const Address& group, const std::string& interface, bool member) = 0;
  /// From any fiber or thread, and again: calls under way and later ones throw Errc::canceled. Never waits.
  virtual void close() noexcept = 0;
  /// False after close().
  virtual bool is_open() const noexcept = 0;

  /// Where it is bound.
  virtual Address local_address() const = 0;
  /// Whom it is connected to; none when it is not.
  virtual Address peer_address() const = 0;
  /// The socket below, for options and measurements; -1 when there is none.
  virtual int native_handle() const noexcept { return -1; }
};

}  // namespace posthouse::net
