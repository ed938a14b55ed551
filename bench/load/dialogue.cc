#include "dialogue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include "report.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mailload {
namespace {

// A connection that found no place in the queue of a busy server is tried again by the kernel after 1, 2, 4 … 64 s.
constexpr double stall_seconds = 150;
constexpr int backlog = 4096;
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

void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void allow_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Dialogue::~Dialogue() {
  close();
}

void Dialogue::open(const sockaddr_in& server, int epoll) {
  close();
  next_ = Next::go_on;
  server_ = server;
  epoll_ = epoll;
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    throw std::runtime_error(errno_text("socket"));
  }
  send_at_once(socket_);
  const auto* address = reinterpret_cast<const sockaddr*>(&server_);
  if (connect(socket_, address, sizeof server_) != 0 && errno != EINPROGRESS) {
    on_failure(errno_text("connect"));
    if (next_ == Next::go_on) {
      next_ = Next::finish;
    }
    return;
  }
  watch(epoll_, EPOLL_CTL_ADD, socket_, EPOLLIN, this);
  on_open();
}

void Dialogue::adopt(int socket, int epoll) {
  socket_ = socket;
  epoll_ = epoll;
  send_at_once(socket_);
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

ListeningSocket::ListeningSocket(long port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(socket_, backlog) != 0) {
    const std::string what = "port " + std::to_string(port) + ": " + errno_text("listen");
    ::close(socket_);
    throw std::runtime_error(what);
  }
}

ListeningSocket::~ListeningSocket() {
  ::close(socket_);
}

Driver::Driver(const std::string& host, long port) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  allow_many_files();
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
  return add(std::move(dialogue), ntohs(server_.sin_port));
}

Dialogue& Driver::add(std::unique_ptr<Dialogue> dialogue, long port) {
  Dialogue& added = *dialogues_.emplace_back(std::move(dialogue));
  sockaddr_in server = server_;
  server.sin_port = htons(static_cast<std::uint16_t>(port));
  added.open(server, epoll_);
  settle(added);
  return added;
}

void Driver::accept(const ListeningSocket& socket, std::function<std::unique_ptr<Dialogue>()> make) {
  listening_ = socket.descriptor();
  make_ = std::move(make);
  watch(epoll_, EPOLL_CTL_ADD, listening_, EPOLLIN, nullptr);
}

void Driver::accept_all() {
  for (;;) {
    const int socket = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      dialogues_.emplace_back(make_())->adopt(socket, epoll_);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      throw std::runtime_error(errno_text("accept"));
    }
  }
}

void Driver::make_due_calls() {
  while (!calls_.empty() && calls_.begin()->first <= now()) {
    const auto due = calls_.extract(calls_.begin());
    due.mapped()();
  }
}

int Driver::longest_wait_ms() const {
  const double seconds = calls_.empty() ? stall_seconds : std::min(stall_seconds, calls_.begin()->first - now());
  return std::max(0, static_cast<int>(std::ceil(seconds * 1e3)));
}

void Driver::settle(Dialogue& dialogue) {
  while (dialogue.next_ == Dialogue::Next::reconnect) {
    dialogue.open(dialogue.server_, epoll_);
  }
  if (dialogue.next_ == Dialogue::Next::finish) {
    dialogue.close();
  }
}

void Driver::run(const std::function<bool()>& enough) {
  std::array<epoll_event, 256> events;
  const auto over = [](const auto& dialogue) { return dialogue->next_ == Dialogue::Next::finish; };
  double heard = now();
  for (;;) {
    make_due_calls();
    std::erase_if(dialogues_, over);
    if ((dialogues_.empty() && listening_ < 0) || enough()) {
      return;
    }
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), longest_wait_ms());
    if (count > 0) {
      heard = now();
    } else if (now() - heard > stall_seconds) {
      throw std::runtime_error("nothing came from the other side for two and a half minutes");
    }
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.ptr == nullptr) {
        accept_all();
        continue;
      }
      auto& dialogue = *static_cast<Dialogue*>(event.data.ptr);
      if (event.events & EPOLLOUT) {
        dialogue.writable();
      }
      if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) {
        dialogue.readable();
      }
      settle(dialogue);
    }
  }
}

}  // namespace mailload
