#include "tests/support/socket_relay.h"

#include <cerrno>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace posthouse::test {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

/// Passes on what there is; false when `from` has ended or `to` takes nothing.
bool pass_on(int from, int to) {
  char octets[16 * 1024];
  const ssize_t got = ::read(from, octets, sizeof octets);
  if (got <= 0) {
    return got < 0 && errno == EINTR;
  }
  for (ssize_t done = 0; done < got;) {
    const ssize_t sent = ::send(to, octets + done, static_cast<std::size_t>(got - done), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) {
      return false;
    }
    if (sent > 0) {
      done += sent;
    }
  }
  return true;
}

}  // namespace

struct SocketRelay::State {
  struct Pair {
    int client;  // -1: cut
    int server;
  };

  TemporaryFolder folder{};
  std::string path;
  std::string target;
  int listener = -1;
  int wake = -1;
  std::mutex mutex;  // for what follows
  std::vector<Pair> pairs;
  bool refusing = false;
  bool stopping = false;
  std::thread thread;

  void run();
  void accept_one();
  void serve(Pair& pair, bool client_ready, bool server_ready);
};

void SocketRelay::State::accept_one() {
  const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) {
    return;
  }
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(target);
  if (refusing || ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(client);
    ::close(server);
    return;
  }
  pairs.push_back({client, server});
}

void SocketRelay::State::serve(Pair& pair, bool client_ready, bool server_ready) {
  // The answer to one that was cut ends its connection: the server has done what it was told.
  if (server_ready && (pair.client < 0 || !pass_on(pair.server, pair.client))) {
    ::close(std::exchange(pair.server, -1));
    if (pair.client >= 0) {
      ::close(std::exchange(pair.client, -1));
    }
    return;
  }
  if (client_ready && pair.client >= 0 && !pass_on(pair.client, pair.server)) {
    ::close(std::exchange(pair.client, -1));
    ::shutdown(pair.server, SHUT_WR);
  }
}

void SocketRelay::State::run() {
  for (;;) {
    std::vector<pollfd> wanted{{listener, POLLIN, 0}, {wake, POLLIN, 0}};
    {
      const std::lock_guard lock(mutex);
      if (stopping) {
        return;
      }
      std::erase_if(pairs, [](const Pair& pair) { return pair.server < 0; });
      for (const Pair& pair : pairs) {
        wanted.push_back({pair.client, POLLIN, 0});
        wanted.push_back({pair.server, POLLIN, 0});
      }
    }
    if (::poll(wanted.data(), wanted.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    const std::lock_guard lock(mutex);
    std::uint64_t count = 0;
    if (wanted[1].revents != 0) {
      (void)!::read(wake, &count, sizeof count);
    }
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      serve(pairs[i], wanted[2 + 2 * i].revents != 0 && pairs[i].client == wanted[2 + 2 * i].fd,
            wanted[3 + 2 * i].revents != 0);
    }
    if (wanted[0].revents != 0) {
      accept_one();
    }
  }
}

SocketRelay::SocketRelay(const std::string& target) : state_(std::make_unique<State>()) {
  state_->path = state_->folder.file("s");
  state_->target = target;
  state_->listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  state_->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const sockaddr_un address = address_of(state_->path);
  if (::bind(state_->listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(state_->listener, 64) != 0) {
    throw std::runtime_error("the relay cannot listen");
  }
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

SocketRelay::~SocketRelay() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  const std::uint64_t one = 1;
  (void)!::write(state_->wake, &one, sizeof one);
  state_->thread.join();
  for (const State::Pair& pair : state_->pairs) {
    for (const int side : {pair.client, pair.server}) {
      if (side >= 0) {
        ::close(side);
      }
    }
  }
  ::close(state_->listener);
  ::close(state_->wake);
  std::error_code ignored;
}

const std::string& SocketRelay::path() const {
  return state_->path;
}

void SocketRelay::drop_clients() {
  const std::lock_guard lock(state_->mutex);
  for (State::Pair& pair : state_->pairs) {
    // shutdown, so that the relay's poll does not wait for a descriptor that is gone
    if (pair.client >= 0) {
      ::shutdown(pair.client, SHUT_RDWR), ::close(std::exchange(pair.client, -1));
    }
  }
  const std::uint64_t one = 1;
  (void)!::write(state_->wake, &one, sizeof one);
}

void SocketRelay::drop_all() {
  drop_clients();
  const std::lock_guard lock(state_->mutex);
  for (const State::Pair& pair : state_->pairs) {
    if (pair.server >= 0) {
      ::shutdown(pair.server, SHUT_RDWR);  // the relay sees it and closes it
    }
  }
}

void SocketRelay::refuse_clients(bool refuse) {
  const std::lock_guard lock(state_->mutex);
  state_->refusing = refuse;
}

}  // namespace posthouse::test
