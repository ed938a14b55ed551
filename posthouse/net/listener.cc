#include "posthouse/net/listener.h"

#include <atomic>
#include <cerrno>
#include <mutex>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/net/bind_error.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fibers/task.h"
#include "posthouse/net/run.h"
#include "posthouse/net/socket.h"

namespace posthouse::net {

using detail::Descriptor;
using detail::SocketTransport;
using detail::Task;

// close() may come from any thread while accept() waits: it marks, wakes, and leaves the closing of the descriptor to
// accept(), so that nobody waits on a number that is somebody else's socket by then.
struct Listener::State {
  State(int descriptor, ListenOptions what) : socket(descriptor), options(what) {
    local = detail::local_address_of(descriptor);
  }

  void enter() {
    const std::lock_guard lock(mutex);
    if (closed.load(std::memory_order_relaxed)) throw_closed();
    if (acceptor != nullptr) throw Error(Errc::invalid, "two callers accept from one listener", 0, true);
    acceptor = &Task::current();
  }
  void leave() noexcept {
    const std::lock_guard lock(mutex);
    acceptor = nullptr;
    if (closed.load(std::memory_order_relaxed)) socket.close();
  }
  void close() noexcept {
    const std::lock_guard lock(mutex);
    if (closed.exchange(true, std::memory_order_release)) return;
    // Only who bound the path may remove it; a new listener may be there already, which has another inode.
    if (path_inode != 0) {
      struct stat now_there {};
      if (::stat(local.ip().c_str(), &now_there) == 0 && now_there.st_ino == path_inode) ::unlink(local.ip().c_str());
    }
    if (acceptor != nullptr) {
      ::shutdown(socket.get(), SHUT_RDWR);  // connections are refused from now on
      acceptor->wake();
    } else {
      socket.close();
    }
  }
  [[noreturn]] void throw_closed() const {
    throw Error(Errc::canceled, "the listener on " + local.to_string() + " is closed", 0, true);
  }

  Descriptor socket;
  const ListenOptions options;
  Address local;
  ino_t path_inode = 0;
  std::atomic<bool> closed{false};
  std::mutex mutex;
  Task* acceptor = nullptr;
};

namespace {

// A file left behind by a server that is gone. A datagram socket asks, so that a server that lives is not bothered with
// a connection: to it the question is of the wrong type.
bool is_stale(const Address& address) {
  struct stat there {};
  if (::stat(address.ip().c_str(), &there) != 0 || !S_ISSOCK(there.st_mode)) return false;
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

}  // namespace

Listener::Listener() noexcept = default;
Listener::Listener(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}
Listener::~Listener() {
  close();
}

Listener listen(const Address& address, ListenOptions options) {
  sockaddr_storage storage;
  const auto size = static_cast<socklen_t>(address.to_sockaddr(&storage));
  auto state = std::make_unique<Listener::State>(detail::new_socket(address, "cannot listen on " + address.to_string()),
                                                 options);
  const int socket = state->socket.get();
  detail::set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reuse_port) detail::set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.family() == Address::Family::ipv6) {
    detail::set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, options.dual_stack ? 0 : 1);
  }
  const auto bind = [&] { return ::bind(socket, reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : errno; };
  int error = bind();
  const bool is_path = address.family() == Address::Family::unix_path && !address.ip().starts_with('@');
  if (error == EADDRINUSE && is_path && is_stale(address)) {
    ::unlink(address.ip().c_str());
    error = bind();
  }
  if (error == 0 && ::listen(socket, options.backlog) != 0) error = errno;
  if (error != 0) throw detail::bind_error(error, "cannot listen on " + address.to_string(), address);
  state->local = detail::local_address_of(socket);
  if (struct stat made{}; is_path && ::stat(address.ip().c_str(), &made) == 0) state->path_inode = made.st_ino;
  return Listener(std::move(state));
}

Listener listen(std::string_view address, ListenOptions options) {
  return listen(Address::parse(address), options);
}

Listener Listener::adopt(int descriptor, ListenOptions options) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) {
    throw Error::from_errno(errno, "cannot take over descriptor " + std::to_string(descriptor));
  }
  if (listens == 0) {
    throw Error(Errc::invalid, "cannot take over descriptor " + std::to_string(descriptor) + ": it does not listen");
  }

  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return Listener(std::make_unique<State>(descriptor, options));
}

Stream Listener::accept(Deadline deadline) {
  if (state_ == nullptr) throw Error(Errc::closed, "not listening");
  State& state = *state_;
  state.enter();
  struct Leave {
    State& state;
    ~Leave() { state.leave(); }
  } leave{state};
  for (;;) {
    state.socket.begin_io();
    if (state.closed.load(std::memory_order_acquire)) state.throw_closed();
    if (state.socket.likely(Descriptor::Side::read)) {
      sockaddr_storage storage{};
      socklen_t size = sizeof storage;
      const int accepted =
          ::accept4(state.socket.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        auto transport = std::make_unique<SocketTransport>(accepted, Address::from_sockaddr(&storage, size));
        if (state.options.no_delay && state.local.is_ip()) detail::set_option(accepted, IPPROTO_TCP, TCP_NODELAY, 1);
        return Stream(std::move(transport));
      }
      const int error = errno;
      if (state.closed.load(std::memory_order_acquire)) state.throw_closed();
      if (concerns_one_connection(error)) continue;
      if (error != EAGAIN) throw Error::from_errno(error, "cannot accept on " + state.local.to_string());
      state.socket.drained(Descriptor::Side::read);
    }
    if (state.socket.wait(Descriptor::Side::read, deadline, &state.closed) == Descriptor::Wait::timeout) {
      throw Error(Errc::timeout, "no connection to " + state.local.to_string() + " came in time", 0, true);
    }
  }
}

Address Listener::local_address() const {
  return state_ == nullptr ? Address() : state_->local;
}

void Listener::close() noexcept {
  if (state_ != nullptr) state_->close();
}

bool Listener::is_open() const noexcept {
  return state_ != nullptr && !state_->closed.load(std::memory_order_acquire);
}

}  // namespace posthouse::net
