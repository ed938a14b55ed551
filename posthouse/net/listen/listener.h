#pragma once
// Servers: listening sockets and the loop that gives each connection a fiber.
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/socket/socket_options.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/world/acceptor.h"

namespace posthouse::net {

/// How to listen.
struct ListenOptions {
  int backlog = 1024;       ///< Connections the kernel keeps waiting.
  bool reuse_port = false;  ///< Several listeners on one port, the kernel spreads connections: one for each loop.
  bool dual_stack = true;   ///< A listener on [::] takes IPv4 too.
  SocketOptions socket{};   ///< Of the connections that are accepted.
};

/// A listening socket: TCP or Unix. Move-only; closed by its destructor, which must not run while accept() does.
class Listener {
 public:
  /// Not listening.
  Listener() noexcept;
  /// Takes its connections from `acceptor`, e.g. a simulated network's.
  explicit Listener(std::unique_ptr<Acceptor> acceptor) noexcept;
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;
  ~Listener();

  /// Takes the socket `descriptor` that already listens, e.g. from systemd. Throws Error when it does not. Whoever else
  /// holds the socket keeps it: close() does not make it deaf, and connections wait there for whoever accepts next.
  static Listener adopt(int descriptor, ListenOptions options = {});

  /// A second listener on the same socket, for another loop or thread: whoever accepts first gets the connection. The
  /// socket listens until the last of them is closed. Throws Errc::canceled when this one is closed, Errc::invalid when
  /// there is no socket below it (a simulated network), Errc::system when descriptors have run out.
  Listener duplicate();

  /// Waits for the next connection. One caller at a time. Throws Errc::timeout, Errc::canceled when the Scope is
  /// canceled or the listener closed, Errc::system with retryable() when descriptors or memory have run out.
  Stream accept(Deadline deadline = {});
  /// Where it listens, with the port the system chose when 0 was asked for.
  Address local_address() const;
  /// Listens no more; accept() throws Errc::canceled. May be called from any fiber or thread, and again.
  void close() noexcept;
  /// False after close(), and where it never listened.
  bool is_open() const noexcept;

 private:
  std::unique_ptr<Acceptor> acceptor_;
};

/// Listens on `address`; port 0 takes a free one. Throws Error that says plainly why not: Errc::address_in_use,
/// Errc::permission (ports below 1024), Errc::invalid. A Unix socket's stale file is replaced, one in use is not. Where the
/// machine has no IPv6, [::] with ListenOptions::dual_stack means all of IPv4.
Listener listen(const Address& address, ListenOptions options = {});
/// "127.0.0.1:9999", "[::1]:0", "*:25" (all addresses, IPv4 and IPv6), "unix:/run/x.sock". "localhost:9999" is looked up, and
/// the first of the name's addresses that works is taken: a listener has one socket. Throws as above, and as connect() does
/// for names.
Listener listen(std::string_view address, ListenOptions options = {});

/// A listener that was there before the program was.
struct ActivatedListener {
  std::string name{};   ///< FileDescriptorName= of its systemd.socket unit, which by default is the unit's name.
  Listener listener{};  ///< Open.
};

/// The listening sockets handed over by systemd (socket activation, sd_listen_fds(3)); none when there are none for
/// this process. The variables that tell of them (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES) are removed, so only the
/// first call gets them: make it before other threads read the environment. Throws Error (Errc::invalid) when one is no
/// listening stream socket.
///
///     for (auto& [name, listener] : net::activated_listeners())
///       scope.spawn([&] { net::serve(listener, handler_for(name)); });
std::vector<ActivatedListener> activated_listeners(ListenOptions options = {});

/// Bounds of serve().
struct ServeOptions {
  std::size_t max_connections = 100'000;  ///< So many at a time; more wait in the kernel's backlog.
  /// Told of what a handler threw (not of cancellation) and of accept failures that are waited out. Must not throw.
  std::function<void(const std::exception&)> on_error{};
  /// How long handlers may go on after the listener was closed; then they are canceled.
  Duration grace = Duration::max();
};

/// Accepts connections and runs `handler` for each in a fiber (in a plain thread: in a thread) of its own, until the
/// listener is closed; then waits for the handlers, cancels those that run when the time of grace is over, and returns.
/// When the caller is canceled, the handlers are canceled and waited for, and Errc::canceled is thrown. An exception of
/// a handler ends its connection only. When descriptors run out it waits until a connection ends, or 100 ms.
///
///     auto listener = net::listen("127.0.0.1:9999");
///     net::serve(listener, [](net::Stream& stream) { stream.write("Welcome!\r\n"); });
void serve(Listener& listener, std::function<void(Stream&)> handler, ServeOptions options = {});

}  // namespace posthouse::net
