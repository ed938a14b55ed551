#include "posthouse/net/listen/listener.h"

#include <atomic>
#include <cerrno>
#include <mutex>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/fiber/engine/task.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/socket/bind_error.h"
#include "posthouse/net/socket/socket.h"
#include "posthouse/net/world/world.h"

namespace posthouse::net {

using detail::SocketTransport;
using fiber::detail::Descriptor;
using fiber::detail::Task;

namespace {

// A file left behind by a server that is gone. A datagram socket asks, so that a server that lives is not bothered with
// a connection: to it the question is of the wrong type.
bool is_stale(const Address& address) {
  struct stat there{};
  if (::stat(address.ip().c_str(), &there) != 0 || !S_ISSOCK(there.st_mode)) {
    return false;
  }
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(address.to_sockaddr(&storage));
  const int probe = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int result = ::connect(probe, reinterpret_cast<sockaddr*>(&storage), size);
  const int error = errno;
  ::close(probe);
  return result != 0 && error == ECONNREFUSED;
}

// What a connection can fail with before it is accepted: it is forgotten and the next one is taken (accept(2)).
bool concerns_one_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case EPERM:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

// A listening socket of the kernel's. close() may come from any thread while accept() waits: it marks, wakes, and
// leaves the closing of the descriptor to accept(), so that nobody waits on a number that is somebody else's socket by
// then.
class SocketAcceptor final : public Acceptor {
 public:
  /// `shared`: others have the socket, too, and go on with it.
  explicit SocketAcceptor(int descriptor, bool shared = false)
      : socket_(descriptor), local_(detail::local_address_of(descriptor)), shared_(shared) {}
  ~SocketAcceptor() override { close(); }

  int descriptor() const noexcept { return socket_.get(); }
  /// To be called when the socket has been bound.
  void bound();

  std::unique_ptr<Transport> accept(Deadline deadline) override;
  Address local_address() const override { return local_; }
  void close() noexcept override;
  std::unique_ptr<Acceptor> duplicate() override;
  bool is_open() const noexcept override { return !closed_.load(std::memory_order_acquire); }

 private:
  void enter();
  void leave() noexcept;
  [[noreturn]] void throw_closed() const;

  Descriptor socket_;
  Address local_;
  ino_t path_inode_ = 0;  // of the path it made
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  Task* acceptor_ = nullptr;
  bool shared_;
};

void SocketAcceptor::bound() {
  local_ = detail::local_address_of(socket_.get());
  const bool is_path = local_.family() == Address::Family::unix_path && !local_.ip().starts_with('@');
  if (struct stat made{}; is_path && ::stat(local_.ip().c_str(), &made) == 0) {
    path_inode_ = made.st_ino;
  }
}

void SocketAcceptor::enter() {
  const std::lock_guard lock(mutex_);
  if (closed_.load(std::memory_order_relaxed)) {
    throw_closed();
  }
  if (acceptor_ != nullptr) {
    throw Error(Errc::invalid, "two callers accept from one listener", 0, true);
  }
  acceptor_ = &Task::current();
}

void SocketAcceptor::leave() noexcept {
  const std::lock_guard lock(mutex_);
  acceptor_ = nullptr;
  if (closed_.load(std::memory_order_relaxed)) {
    socket_.close();
  }
}

void SocketAcceptor::close() noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_.exchange(true, std::memory_order_release)) {
    return;
  }
  // Only whoever bound the path may remove it; a new listener may be there already, which has another inode.
  if (path_inode_ != 0) {
    struct stat now_there{};
    if (::stat(local_.ip().c_str(), &now_there) == 0 && now_there.st_ino == path_inode_) {
      ::unlink(local_.ip().c_str());
    }
  }
  if (acceptor_ != nullptr) {
    if (!shared_) {
      ::shutdown(socket_.get(), SHUT_RDWR);  // connections are refused from now on
    }
    acceptor_->wake();
  } else {
    socket_.close();
  }
}

std::unique_ptr<Acceptor> SocketAcceptor::duplicate() {
  const std::lock_guard lock(mutex_);
  if (closed_.load(std::memory_order_relaxed)) {
    throw_closed();
  }
  const int copy = ::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    throw Error::from_errno(errno, "cannot duplicate the listener on " + local_.to_string());
  }
  shared_ = true;
  return std::make_unique<SocketAcceptor>(copy, true);
}

void SocketAcceptor::throw_closed() const {
  throw Error(Errc::canceled, fmt::format("the listener on {} is closed", local_.to_string()), 0, true);
}

std::unique_ptr<Transport> SocketAcceptor::accept(Deadline deadline) {
  enter();
  struct Leave {
    SocketAcceptor& acceptor;
    ~Leave() { acceptor.leave(); }
  } leave{*this};
  for (;;) {
    socket_.begin_io();
    if (closed_.load(std::memory_order_acquire)) {
      throw_closed();
    }
    if (socket_.likely(Descriptor::Side::read)) {
      sockaddr_storage storage{};
      socklen_t size = sizeof storage;
      const int accepted =
          ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        auto transport = std::make_unique<SocketTransport>(accepted, Address::from_sockaddr(&storage, size));
        return transport;
      }
      const int error = errno;
      if (closed_.load(std::memory_order_acquire)) {
        throw_closed();
      }
      if (concerns_one_connection(error)) {
        continue;
      }
      if (error != EAGAIN) {
        throw Error::from_errno(error, "cannot accept on " + local_.to_string());
      }
      socket_.drained(Descriptor::Side::read);
    }
    if (socket_.wait(Descriptor::Side::read, deadline, &closed_) == Descriptor::Wait::timeout) {
      throw Error(Errc::timeout, fmt::format("no connection to {} came in time", local_.to_string()), 0, true);
    }
  }
}

}  // namespace

std::unique_ptr<Acceptor> Acceptor::duplicate() {
  throw Error(Errc::invalid, fmt::format("the listener on {} cannot be duplicated", local_address().to_string()), 0,
              true);
}

Listener::Listener() noexcept = default;
Listener::Listener(std::unique_ptr<Acceptor> acceptor) noexcept : acceptor_(std::move(acceptor)) {}
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&& other) noexcept {
  if (this != &other) {
    close();
    acceptor_ = std::move(other.acceptor_);
  }
  return *this;
}
Listener::~Listener() {
  close();
}

namespace {

std::unique_ptr<Acceptor> listen_at(const Address& address, const ListenOptions& options) {
  const std::string action = "cannot listen on " + address.to_string();
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(address.to_sockaddr(&storage));
  auto acceptor = std::make_unique<SocketAcceptor>(detail::new_socket(address, action));
  const int socket = acceptor->descriptor();
  detail::set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reuse_port) {
    detail::set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  }
  if (address.family() == Address::Family::ipv6) {
    detail::set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, options.dual_stack ? 0 : 1);
  }
  detail::apply_options(socket, address.is_ip(), options.socket);  // accepted connections inherit them
  const auto bind = [&] { return ::bind(socket, reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : errno; };
  int error = bind();
  const bool is_path = address.family() == Address::Family::unix_path && !address.ip().starts_with('@');
  if (error == EADDRINUSE && is_path && is_stale(address)) {
    ::unlink(address.ip().c_str());
    error = bind();
  }
  if (error == 0 && ::listen(socket, options.backlog) != 0) {
    error = errno;
  }
  if (error != 0) {
    throw detail::bind_error(error, action, address);
  }
  acceptor->bound();
  return acceptor;
}

}  // namespace

Listener listen(const Address& address, ListenOptions options) {
  if (World* world = World::current(); world != nullptr) {
    return Listener(world->listen(address, options));
  }
  try {
    return Listener(listen_at(address, options));
  } catch (const Error& error) {
    if (!options.dual_stack || !detail::means_ipv4_alone(address, error)) {
      throw;
    }
  }
  return Listener(listen_at(Address("0.0.0.0", address.port()), options));
}

Listener Listener::adopt(int descriptor, ListenOptions options) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
    throw Error::from_errno(errno, "cannot take over descriptor " + std::to_string(descriptor));
  }
  if (listens == 0) {
    throw Error(Errc::invalid, fmt::format("cannot take over descriptor {}: it does not listen", descriptor));
  }

  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  auto acceptor = std::make_unique<SocketAcceptor>(descriptor, true);
  detail::apply_options(descriptor, acceptor->local_address().is_ip(), options.socket);
  return Listener(std::move(acceptor));
}

Listener Listener::duplicate() {
  if (acceptor_ == nullptr) {
    throw Error(Errc::closed, "not listening");
  }
  return Listener(acceptor_->duplicate());
}

Stream Listener::accept(Deadline deadline) {
  if (acceptor_ == nullptr) {
    throw Error(Errc::closed, "not listening");
  }
  return Stream(acceptor_->accept(deadline));
}

Address Listener::local_address() const {
  return acceptor_ == nullptr ? Address() : acceptor_->local_address();
}

void Listener::close() noexcept {
  if (acceptor_ != nullptr) {
    acceptor_->close();
  }
}

bool Listener::is_open() const noexcept {
  return acceptor_ != nullptr && acceptor_->is_open();
}

}  // namespace posthouse::net
