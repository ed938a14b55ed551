#pragma once
// Sockets as transports, and what making them has in common. (Internal to the module.)
#include <memory>

#include "posthouse/net/address.h"
#include "posthouse/net/error.h"
#include "posthouse/net/socket/socket_descriptor.h"
#include "posthouse/net/socket/socket_options.h"
#include "posthouse/net/world/transport.h"

namespace posthouse::net::detail {

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
  std::size_t try_write_some(std::string_view octets) noexcept override;
  void shutdown_write(Deadline deadline) override;
  void close() noexcept override;
  Address local_address() const override;
  Address peer_address() const override { return peer_; }
  int native_handle() const noexcept override { return descriptor_.get(); }

  fiber::detail::Descriptor& descriptor() noexcept { return descriptor_; }

 private:
  void wait_to_write(int error, Deadline deadline);
  // To be thrown where it happened: each frame that an exception passes costs as much as some system calls.
  Error failure(const char* action, int error) const;
  Error expiry(const char* action, bool usable) const;
  SocketDescriptor descriptor_;
  // What a try met: the system tells it once, so the next call that may throw says it.
  int read_error_ = 0;
  int write_error_ = 0;
  bool input_ended_ = false;  // a read met the end or an error, so nothing unread can be left
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
