#include "posthouse/net/socket/socket.h"

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "posthouse/net/error.h"

namespace posthouse::net::detail {

using fiber::detail::Descriptor;

int new_socket(const Address& address, const std::string& action) {
  int family = AF_UNIX;
  if (address.family() == Address::Family::ipv4) {
    family = AF_INET;
  }
  if (address.family() == Address::Family::ipv6) {
    family = AF_INET6;
  }
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    throw Error::from_errno(errno, action);
  }
  return descriptor;
}

Address local_address_of(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return {};
  }
  return Address::from_sockaddr(&storage, size);
}

void set_option(int descriptor, int level, int name, int value) noexcept {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

SocketTransport::SocketTransport(int descriptor, Address peer)
    : descriptor_(descriptor, peer.is_ip() ? Descriptor::Kind::tcp : Descriptor::Kind::other), peer_(std::move(peer)) {}

// Who uses it ---------------------------------------------------------------------------------------------------------

// A call under way in one direction.
class SocketTransport::Use {
 public:
  Use(SocketTransport& transport, Descriptor::Side side) noexcept
      : transport_(transport), used_(transport.used_[static_cast<std::size_t>(side)]) {
    entered_ = !used_.exchange(true, std::memory_order_seq_cst);
    if (entered_ && transport.closed_.load(std::memory_order_seq_cst)) {
      leave();
    }
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    if (entered_) {
      leave();
    }
  }

  /// False when the connection is closed, or another call is under way in this direction.
  bool entered() const noexcept { return entered_; }
  /// Throws unless entered.
  void demand() const {
    if (entered_) {
      return;
    }
    if (transport_.is_closed()) {
      transport_.throw_closed();
    }
    throw Error(Errc::invalid, "two callers read from one connection, or write to it, at the same time", 0, true);
  }

 private:
  void leave() noexcept {
    entered_ = false;
    used_.store(false, std::memory_order_release);
    if (transport_.is_closed()) {
      transport_.close_unused();
    }
  }

  SocketTransport& transport_;
  std::atomic<bool>& used_;
  bool entered_;
};

void SocketTransport::begin_io() {
  descriptor_.begin_io();
  if (is_closed()) {
    throw_closed();
  }
}

void SocketTransport::throw_closed() const {
  throw Error(Errc::canceled, fmt::format("the connection to {} is closed on this side", peer_.to_string()));
}

bool SocketTransport::is_used() const noexcept {
  return used_[0].load(std::memory_order_seq_cst) || used_[1].load(std::memory_order_seq_cst);
}

void SocketTransport::close() noexcept {
  if (closed_.exchange(true, std::memory_order_seq_cst)) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (descriptor_.is_open() && is_used()) {
      ::shutdown(descriptor_.get(), SHUT_RDWR);
      return;
    }
  }
  close_unused();
}

void SocketTransport::close_unused() noexcept {
  const std::lock_guard lock(mutex_);
  if (!descriptor_.is_open() || is_used()) {
    return;
  }
  // Closing a TCP socket that has unread input resets the connection, and the peer may lose our last words by it. So
  // input that has come and nobody wants is dropped first; MSG_TRUNC drops without copying. (As a bare system call: the
  // sanitizers' recv believes that the memory at the null pointer has been written.)
  if (peer_.is_ip() && !input_ended_) {
    constexpr std::size_t at_once = 1 << 20;
    ::syscall(SYS_recvfrom, descriptor_.get(), nullptr, at_once, MSG_TRUNC | MSG_DONTWAIT, nullptr, nullptr);
  }
  descriptor_.close();
}

SocketTransport::~SocketTransport() {
  close();
}

// Using it ------------------------------------------------------------------------------------------------------------

Error SocketTransport::failure(const char* action, int error) const {
  return Error::from_errno(error, action + peer_.to_string());
}

Error SocketTransport::expiry(const char* action, bool usable) const {
  return {Errc::timeout, fmt::format("{}{}: timed out", action, peer_.to_string()), 0, usable};
}

std::size_t SocketTransport::read_some(std::span<char> into, Deadline deadline) {
  const Use use(*this, Descriptor::Side::read);
  use.demand();
  for (;;) {
    begin_io();
    if (read_error_ != 0) {
      throw failure("cannot read from ", read_error_);
    }
    if (descriptor_.likely(Descriptor::Side::read)) {
      const ssize_t got = ::recv(descriptor_.get(), into.data(), into.size(), 0);
      if (got > 0) {
        descriptor_.after_read(static_cast<std::size_t>(got), into.size());
        fiber::detail::count_octets(static_cast<std::size_t>(got));
        return static_cast<std::size_t>(got);
      }
      if (got < 0 && errno == EINTR) {
        continue;
      }
      const int error = got == 0 ? 0 : errno;
      if (error != EAGAIN) {
        if (is_closed()) {
          throw_closed();  // an end that the closer made
        }
        input_ended_ = true;
        if (got == 0) {
          return 0;
        }
        throw failure("cannot read from ", error);
      }
      descriptor_.drained(Descriptor::Side::read);
    }
    if (descriptor_.wait(Descriptor::Side::read, deadline) == Descriptor::Wait::timeout) {
      throw expiry("cannot read from ", true);
    }
  }
}

std::size_t SocketTransport::write_some(std::string_view octets, Deadline deadline) {
  const Use use(*this, Descriptor::Side::write);
  use.demand();
  for (;;) {
    begin_io();
    if (write_error_ != 0) {
      throw failure("cannot write to ", write_error_);
    }
    // A write is always tried: it nearly always works, and whether there is room is not watched before the first wait.
    const ssize_t sent = ::send(descriptor_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      fiber::detail::count_octets(static_cast<std::size_t>(sent));
      return static_cast<std::size_t>(sent);
    }
    if (errno != EINTR) {
      wait_to_write(errno, deadline);
    }
  }
}

std::size_t SocketTransport::writev_some(std::span<const std::string_view> pieces, Deadline deadline) {
  std::array<iovec, 64> parts;
  std::size_t count = 0;
  for (const std::string_view piece : pieces) {
    if (piece.empty()) {
      continue;
    }
    if (count == parts.size()) {
      break;
    }
    parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  if (count == 0) {
    return 0;
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const Use use(*this, Descriptor::Side::write);
  use.demand();
  for (;;) {
    begin_io();
    const ssize_t sent = ::sendmsg(descriptor_.get(), &message, MSG_NOSIGNAL);
    if (sent > 0) {
      fiber::detail::count_octets(static_cast<std::size_t>(sent));
      return static_cast<std::size_t>(sent);
    }
    if (errno != EINTR) {
      wait_to_write(errno, deadline);
    }
  }
}

// After a write that failed with `error`.
void SocketTransport::wait_to_write(int error, Deadline deadline) {
  if (error != EAGAIN) {
    if (is_closed()) {
      throw_closed();
    }
    throw failure("cannot write to ", error);
  }
  descriptor_.drained(Descriptor::Side::write);
  if (descriptor_.wait(Descriptor::Side::write, deadline) == Descriptor::Wait::timeout) {
    throw expiry("cannot write to ", false);
  }
}

std::optional<std::size_t> SocketTransport::try_read_some(std::span<char> into) noexcept {
  const Use use(*this, Descriptor::Side::read);
  if (!use.entered() || !descriptor_.likely(Descriptor::Side::read)) {
    return std::nullopt;
  }
  const ssize_t got = ::recv(descriptor_.get(), into.data(), into.size(), 0);
  if (got <= 0) {
    if (got < 0 && errno == EAGAIN) {
      descriptor_.drained(Descriptor::Side::read);
    } else if (got < 0 && errno != EINTR) {
      read_error_ = errno;
    }
    return std::nullopt;
  }
  descriptor_.after_read(static_cast<std::size_t>(got), into.size());
  fiber::detail::count_octets(static_cast<std::size_t>(got));
  return static_cast<std::size_t>(got);
}

std::optional<std::size_t> SocketTransport::try_write_some(std::string_view octets) noexcept {
  const Use use(*this, Descriptor::Side::write);
  if (!use.entered() || octets.empty()) {
    return 0;
  }
  const ssize_t sent = ::send(descriptor_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    write_error_ = errno;
  }
  const std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  fiber::detail::count_octets(done);
  return done;
}

void SocketTransport::wait_readable(Deadline deadline) {
  const Use use(*this, Descriptor::Side::read);
  use.demand();
  if (read_error_ != 0) {
    return;
  }
  if (descriptor_.wait_before_read(deadline) == Descriptor::Wait::timeout) {
    throw expiry("cannot read from ", true);
  }
  if (is_closed()) {
    throw_closed();
  }
}

void SocketTransport::shutdown_write(Deadline) {
  const Use use(*this, Descriptor::Side::write);
  use.demand();
  begin_io();
  // ENOTCONN: the peer has broken off already, which the next read will tell.
  if (::shutdown(descriptor_.get(), SHUT_WR) != 0 && errno != ENOTCONN) {
    throw failure("cannot end the writing to ", errno);
  }
}

Address SocketTransport::local_address() const {
  const std::lock_guard lock(mutex_);
  return descriptor_.is_open() ? local_address_of(descriptor_.get()) : Address();
}

}  // namespace posthouse::net::detail
