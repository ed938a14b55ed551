#include "dialogue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mailload {
namespace {

constexpr int stall_ms = 60'000;
constexpr std::size_t receive_size = 128 * 1024;

std::string errno_text(const char* call) {
  return std::string(call) + ": " + std::generic_category().message(errno);
}

void watch(int epoll, int operation, int socket, std::uint32_t events, Dialogue* dialogue) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = dialogue;
  if (epoll_ctl(epoll, operation, socket, &event) != 0) {
    throw std::runtime_error(errno_text("epoll_ctl"));
  }
}

}  // namespace

Dialogue::~Dialogue() {
  close();
}

void Dialogue::open(const sockaddr_in& server, int epoll) {
  close();
  next_ = Next::go_on;
  epoll_ = epoll;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    throw std::runtime_error(errno_text("socket"));
  }
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* address = reinterpret_cast<const sockaddr*>(&server);
  if (connect(socket_, address, sizeof server) != 0 && errno != EINPROGRESS) {
    on_failure(errno_text("connect"));
    if (next_ == Next::go_on) {
      next_ = Next::finish;
    }
    return;
  }
  watch(epoll_, EPOLL_CTL_ADD, socket_, EPOLLIN, this);
  on_open();
}

void Dialogue::close() {
  if (socket_ >= 0) {
    ::close(socket_);
  }
  socket_ = -1;
  input_.clear();
  input_.shrink_to_fit();
  input_read_ = 0;
  output_.clear();
  awaits_writable_ = false;
}

void Dialogue::send(std::string_view octets) {
  if (output_.empty()) {
    const ssize_t sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    // A refused write shows as a failed read, which is where failures are handled.
  }
  output_.append(octets);
  if (!output_.empty() && !awaits_writable_) {
    watch(epoll_, EPOLL_CTL_MOD, socket_, EPOLLIN | EPOLLOUT, this);
    awaits_writable_ = true;
  }
}

void Dialogue::writable() {
  if (socket_ < 0 || !awaits_writable_) {
    return;
  }
  const ssize_t sent = ::send(socket_, output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent > 0) {
    output_.erase(0, static_cast<std::size_t>(sent));
  }
  if (!output_.empty()) {
    return;
  }
  watch(epoll_, EPOLL_CTL_MOD, socket_, EPOLLIN, this);
  awaits_writable_ = false;
}

void Dialogue::reconnect() {
  next_ = Next::reconnect;
}
void Dialogue::finish() {
  next_ = Next::finish;
}

// One read; false where there is nothing (more) to take or the connection is over.
bool Dialogue::fill() {
  static std::array<char, receive_size> octets;  // one thread drives all dialogues
  const ssize_t got = recv(socket_, octets.data(), octets.size(), 0);
  if (got > 0) {
    input_.append(octets.data(), static_cast<std::size_t>(got));
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return false;
  }
  on_failure(got == 0 ? "the server closed the connection" : errno_text("recv"));
  if (next_ == Next::go_on) {
    next_ = Next::finish;
  }
  return false;
}

void Dialogue::readable() {
  if (socket_ < 0 || !fill()) {
    return;
  }
  while (next_ == Next::go_on) {
    const auto end = input_.find('\n', input_read_);
    if (end == std::string::npos) {
      break;
    }
    std::string_view line(input_.data() + input_read_, end - input_read_);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    input_read_ = end + 1;
    on_line(line);
  }
  input_.erase(0, input_read_);
  input_read_ = 0;
}

Driver::Driver(const std::string& host, long port) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) {
    throw std::runtime_error(errno_text("epoll_create1"));
  }
  server_.sin_family = AF_INET;
  server_.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &server_.sin_addr) != 1) {
    throw std::runtime_error("not an IPv4 address: " + host);
  }
}

Driver::~Driver() {
  dialogues_.clear();
  ::close(epoll_);
}

Dialogue& Driver::add(std::unique_ptr<Dialogue> dialogue) {
  Dialogue& added = *dialogues_.emplace_back(std::move(dialogue));
  added.open(server_, epoll_);
  settle(added);
  return added;
}

void Driver::settle(Dialogue& dialogue) {
  while (dialogue.next_ == Dialogue::Next::reconnect) {
    dialogue.open(server_, epoll_);
  }
  if (dialogue.next_ == Dialogue::Next::finish) {
    dialogue.close();
  }
}

void Driver::run(const std::function<bool()>& enough) {
  std::array<epoll_event, 256> events;
  const auto over = [](const auto& dialogue) { return dialogue->next_ == Dialogue::Next::finish; };
  for (;;) {
    std::erase_if(dialogues_, over);
    if (dialogues_.empty() || enough()) {
      return;
    }
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), stall_ms);
    if (count == 0) {
      throw std::runtime_error("nothing came from the server for a minute");
    }
    for (int i = 0; i < count; ++i) {
      auto& dialogue = *static_cast<Dialogue*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (events[static_cast<std::size_t>(i)].events & EPOLLOUT) {
        dialogue.writable();
      }
      if (events[static_cast<std::size_t>(i)].events & ~static_cast<std::uint32_t>(EPOLLOUT)) {
        dialogue.readable();
      }
      settle(dialogue);
    }
  }
}

}  // namespace mailload
