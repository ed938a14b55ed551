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

Error SocketTransport::failure(const char* action, int error) const {
  return Error::from_errno(error, action + peer_.to_string());
}

Error SocketTransport::expiry(const char* action, bool usable) const {
  return {Errc::timeout, fmt::format("{}{}: timed out", action, peer_.to_string()), 0, usable};
}

std::size_t SocketTransport::read_some(std::span<char> into, Deadline deadline) {
  for (;;) {
    descriptor_.begin_io();
    if (read_error_ != 0) {
      throw failure("cannot read from ", read_error_);
    }
    if (descriptor_.likely(Descriptor::Side::read)) {
      const ssize_t got = ::recv(descriptor_.get(), into.data(), into.size(), 0);
      if (got > 0) {
        descriptor_.after_read(static_cast<std::size_t>(got), into.size());
        return static_cast<std::size_t>(got);
      }
      if (got < 0 && errno == EINTR) {
        continue;
      }
      input_ended_ = got == 0 || errno != EAGAIN;
      if (got == 0) {
        return 0;
      }
      if (input_ended_) {
        throw failure("cannot read from ", errno);
      }
      descriptor_.drained(Descriptor::Side::read);
    }
    if (descriptor_.wait(Descriptor::Side::read, deadline) == Descriptor::Wait::timeout) {
      throw expiry("cannot read from ", true);
    }
  }
}

std::size_t SocketTransport::write_some(std::string_view octets, Deadline deadline) {
  for (;;) {
    descriptor_.begin_io();
    if (write_error_ != 0) {
      throw failure("cannot write to ", write_error_);
    }
    // A write is always tried: it nearly always works, and whether there is room is not watched before the first wait.
    const ssize_t sent = ::send(descriptor_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent > 0) {
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
  for (;;) {
    descriptor_.begin_io();
    const ssize_t sent = ::sendmsg(descriptor_.get(), &message, MSG_NOSIGNAL);
    if (sent > 0) {
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
    throw failure("cannot write to ", error);
  }
  descriptor_.drained(Descriptor::Side::write);
  if (descriptor_.wait(Descriptor::Side::write, deadline) == Descriptor::Wait::timeout) {
    throw expiry("cannot write to ", false);
  }
}

std::optional<std::size_t> SocketTransport::try_read_some(std::span<char> into) noexcept {
  if (!descriptor_.is_open() || !descriptor_.likely(Descriptor::Side::read)) {
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
  return static_cast<std::size_t>(got);
}

std::size_t SocketTransport::try_write_some(std::string_view octets) noexcept {
  if (!descriptor_.is_open()) {
    return 0;
  }
  const ssize_t sent = ::send(descriptor_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno == EAGAIN) {
    descriptor_.drained(Descriptor::Side::write);
  } else if (sent < 0 && errno != EINTR) {
    write_error_ = errno;
  }
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void SocketTransport::wait_readable(Deadline deadline) {
  if (read_error_ != 0) {
    return;
  }
  if (descriptor_.wait_before_read(deadline) == Descriptor::Wait::timeout) {
    throw expiry("cannot read from ", true);
  }
}

void SocketTransport::shutdown_write(Deadline) {
  descriptor_.begin_io();
  // ENOTCONN: the peer has broken off already, which the next read will tell.
  if (::shutdown(descriptor_.get(), SHUT_WR) != 0 && errno != ENOTCONN) {
    throw failure("cannot end the writing to ", errno);
  }
}

void SocketTransport::close() noexcept {
  // Closing a TCP socket that has unread input resets the connection, and the peer may lose our last words by it. So
  // input that has come and nobody wants is dropped first; MSG_TRUNC drops without copying. (As a bare system call: the
  // sanitizers' recv believes that the memory at the null pointer has been written.)
  if (descriptor_.is_open() && peer_.is_ip() && !input_ended_) {
    constexpr std::size_t at_once = 1 << 20;
    ::syscall(SYS_recvfrom, descriptor_.get(), nullptr, at_once, MSG_TRUNC | MSG_DONTWAIT, nullptr, nullptr);
  }
  descriptor_.close();
}

SocketTransport::~SocketTransport() {
  close();
}

Address SocketTransport::local_address() const {
  return descriptor_.is_open() ? local_address_of(descriptor_.get()) : Address();
}

}  // namespace posthouse::net::detail
