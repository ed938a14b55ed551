#pragma once
// UDP (RFC 768): datagrams, which arrive whole, or not at all, in any order, perhaps twice.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/world/datagram_transport.h"

namespace posthouse::net {

/// A datagram that owns its octets.
struct ReceivedDatagram {
  std::string data{};   ///< Its payload; may be empty.
  DatagramPeer from{};  ///< Who sent it.
};

/// A UDP socket. Move-only; closed by its destructor, which must not run while a call is under way.
///
///     auto socket = net::UdpSocket::bind("127.0.0.1:9999");
///     for (;;) {
///       auto [name, peer] = socket.receive_from();
///       socket.send_to("Hello, " + name + "!", peer);  // from the address that was asked
///     }
///
/// In a fiber its calls park the fiber, in a plain thread they block the thread. Each takes a deadline. One caller
/// receives at a time, any number may send meanwhile; if fibers, all of one loop (give each loop a socket of its own by
/// UdpOptions::reuse_port). After an error the socket can be used further, unless it was closed.
///
/// All calls that communicate throw Error: Errc::timeout when the deadline passed, Errc::canceled when the Scope is
/// canceled or the socket was closed meanwhile, Errc::closed when it never was open.
class UdpSocket {
 public:
  /// Not open.
  UdpSocket() noexcept = default;
  /// Uses `transport`, e.g. a simulated network's.
  explicit UdpSocket(std::unique_ptr<DatagramTransport> transport) noexcept;
  UdpSocket(UdpSocket&&) noexcept = default;
  UdpSocket& operator=(UdpSocket&&) noexcept;
  ~UdpSocket();

  // Making one.

  /// A socket at `address`; port 0 takes a free one. Where the machine has no IPv6, [::] with UdpOptions::dual_stack means
  /// all of IPv4. Throws Error that says plainly why not: Errc::address_in_use,
  /// Errc::permission (ports below 1024), Errc::invalid.
  static UdpSocket bind(const Address& address, const UdpOptions& options = {});
  /// "127.0.0.1:9999", "[::1]:0", "*:53" (all addresses, IPv4 and IPv6), "localhost:9999" (the first address of the name
  /// that works).
  static UdpSocket bind(std::string_view address, const UdpOptions& options = {});
  /// A socket on a free port of all addresses, for clients that talk to several servers.
  static UdpSocket open(const UdpOptions& options = {});
  /// A socket that exchanges datagrams with `peer` only and is told when nobody listens there (Errc::refused, by one of
  /// the next calls). No packet is sent. Throws Errc::unreachable, Errc::invalid.
  static UdpSocket connect(const Address& peer, const UdpOptions& options = {});
  /// The same for "127.0.0.1:9999", "[::1]:9999" or "host.example:9999"; see below for names.
  static UdpSocket connect(std::string_view peer, Deadline deadline = {}, const UdpOptions& options = {});
  /// The same for the first address of `host` (a name or a literal address) that there is a way to. Throws
  /// Errc::name_not_found, Errc::timeout, Errc::canceled, Errc::unreachable.
  static UdpSocket connect(const std::string& host, std::uint16_t port, Deadline deadline = {},
                           const UdpOptions& options = {});

  // One datagram at a time.

  /// Waits for a datagram, of any size.
  ReceivedDatagram receive_from(Deadline deadline = {});
  /// Waits for a datagram and puts it at the front of `into`. What does not fit is lost, and `truncated` says so.
  Received receive_from(std::span<char> into, Deadline deadline = {});
  /// Waits for a datagram and returns its data: for connected sockets. Throws Errc::refused too.
  std::string receive(Deadline deadline = {});
  /// Sends one datagram to `peer`, at most 65,507 octets over IPv4 and 65,527 over IPv6 (Errc::too_long). It waits only
  /// where the kernel's buffer is full. That it returns does not mean that the datagram will arrive.
  void send_to(std::string_view data, const Address& peer, Deadline deadline = {});
  /// The same as an answer: it leaves from the address that `peer` has written to (see DatagramPeer).
  void send_to(std::string_view data, const DatagramPeer& peer, Deadline deadline = {});
  /// Sends one datagram to the connected peer. Throws Errc::refused too: then an earlier datagram came back.
  void send(std::string_view data, Deadline deadline = {});

  // Many at a time: one system call for up to 64 of them. Where the kernel can, datagrams of one size to or from one
  // peer cross it as one (UDP_SEGMENT, UDP_GRO); that shows in nothing but the speed.

  /// Waits for at least one datagram and returns those that are there, at most `into.size()` (not 0). Their data lie in
  /// the socket's memory and are valid until the next call that receives.
  ///
  ///     net::Datagram batch[64];
  ///     for (;;) socket.send_batch(socket.receive_batch(batch));  // an echo server
  ///
  /// The socket keeps 64 KiB of address space for each of at most 64 datagrams once this was called; of that, memory is
  /// used as far as datagrams have filled it.
  std::span<Datagram> receive_batch(std::span<Datagram> into, Deadline deadline = {});
  /// Sends the datagrams in order, those without a peer to the connected one. Returns how many were sent: fewer than
  /// all when the next one failed or the deadline passed. Throws what happened when that was the first, so whoever goes
  /// on with the rest learns it. Errors as with send_to and send.
  std::size_t send_batch(std::span<const Datagram> datagrams, Deadline deadline = {});

  // Multicast (RFC 1112, RFC 4291 section 2.7). Bind to the group's port first, mostly with UdpOptions::reuse_address.

  /// Receives from now on what is sent to `group`, a multicast address (its port does not count), and comes in through
  /// the interface of that name ("eth0"); empty: the one the routes choose. Throws Errc::invalid for what is no
  /// multicast address or interface, Errc::system.
  void join(const Address& group, const std::string& interface = {});
  /// Ends what join began. Throws Errc::invalid when it had not.
  void leave(const Address& group, const std::string& interface = {});

  // The socket.

  /// Closes it. May be called from any fiber or thread, and again: calls under way throw Errc::canceled.
  void close() noexcept;
  bool is_open() const noexcept { return transport_ != nullptr && transport_->is_open(); }
  explicit operator bool() const noexcept { return is_open(); }
  /// How long a call without a deadline may take; Duration::max(), as it is at first, means for ever.
  void set_timeout(Duration per_call) noexcept { timeout_ = per_call; }
  Duration timeout() const noexcept { return timeout_; }
  /// Where it is bound, with the port the system chose when 0 was asked for; "-" when not open.
  Address local_address() const;
  /// Whom it is connected to; "-" when to nobody.
  Address peer_address() const;
  /// What carries it. Throws Errc::closed when not open.
  DatagramTransport& transport() const;

 private:
  Deadline effective(Deadline deadline) const noexcept {
    return deadline.is_never() && timeout_ != Duration::max() ? Deadline(timeout_) : deadline;
  }
  std::unique_ptr<DatagramTransport> transport_;
  Duration timeout_ = Duration::max();
};

}  // namespace posthouse::net
