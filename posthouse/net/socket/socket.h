#pragma once
// Sockets as transports, and what making them has in common. (Internal to the module.)
#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "posthouse/net/address.h"
#include "posthouse/net/error.h"
#include "posthouse/net/socket/socket_descriptor.h"
#include "posthouse/net/socket/socket_options.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net::detail {

/// At most one call under way for each direction. close() may come from any fiber or thread meanwhile.
///
/// Invariants.
/// 1. The descriptor is closed by whoever finds the connection closed and both directions unused, under the mutex: the
///    closer, or the call that ends last. So no call works on a number that is somebody else's socket by then.
/// 2. A call marks its direction before it looks whether the connection is closed, the closer does it the other way
///    round: one of the two sees the other. Where a call is under way the closer shuts the socket down, which ends every
///    wait for it, on all loops and in all threads.
class SocketTransport final : public Transport {
 public:
  /// Takes the connected, non-blocking `descriptor`.
  SocketTransport(int descriptor, Address peer);
  ~SocketTransport() override;

  std::size_t read_some(std::span<char> into, Deadline deadline) override;
  std::size_t write_some(std::string_view octets, Deadline deadline) override;
  std::size_t writev_some(std::span<const std::string_view> pieces, Deadline deadline) override;
  void wait_readable(Deadline deadline) override;
  std::optional<std::size_t> try_read_some(std::span<char> into) noexcept override;
  std::optional<std::size_t> try_write_some(std::string_view octets) noexcept override;
  void shutdown_write(Deadline deadline) override;
  void close() noexcept override;
  Address local_address() const override;
  Address peer_address() const override { return peer_; }
  int native_handle() const noexcept override { return is_closed() ? -1 : descriptor_.get(); }

  fiber::detail::Descriptor& descriptor() noexcept { return descriptor_; }

 private:
  class Use;
  bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  void begin_io();
  bool is_used() const noexcept;
  void close_unused() noexcept;
  [[noreturn]] void throw_closed() const;
  void wait_to_write(int error, Deadline deadline);
  // To be thrown where it happened: each frame that an exception passes costs as much as some system calls.
  Error failure(const char* action, int error) const;
  Error expiry(const char* action, bool usable) const;
  SocketDescriptor descriptor_;
  // What a try met: the system tells it once, so the next call that may throw says it.
  int read_error_ = 0;
  int write_error_ = 0;
  bool input_ended_ = false;  // a read met the end or an error, so nothing unread can be left
  std::atomic<bool> closed_{false};
  std::array<std::atomic<bool>, 2> used_{};  // a call is under way, for each direction
  mutable std::mutex mutex_;                 // taken to close the descriptor
  Address peer_;
};

/// A new non-blocking stream socket for addresses like `address`. Throws Error with `action` in front.
int new_socket(const Address& address, const std::string& action);
/// Where the socket is bound; none when that cannot be told.
Address local_address_of(int descriptor);
void set_option(int descriptor, int level, int name, int value) noexcept;
/// Throws Error, Errc::invalid for values out of range.
void apply_options(int descriptor, bool tcp, const SocketOptions& options);

}  // namespace posthouse::net::detail
