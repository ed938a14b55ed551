#include "posthouse/net/calls/system_calls.h"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace posthouse::net::testing {
namespace {

struct Plan {
  std::size_t left = 0;  // calls until the one that fails, which is the first one when it is 1; 0: none
  int error = 0;
  bool met = false;
  const char* name = "";
};
thread_local Plan plan;

bool fails(const char* name) noexcept {
  if (plan.left == 0 || --plan.left != 0) {
    return false;
  }
  plan.met = true;
  plan.name = name;
  errno = plan.error;
  return true;
}

std::mutex stuck_mutex;
std::condition_variable stuck_changed;
std::string stuck_domain;  // empty: nothing hangs
std::size_t stuck_count = 0;

void hang(std::string_view host) {
  std::unique_lock lock(stuck_mutex);
  if (stuck_domain.empty() || !host.ends_with(stuck_domain)) {
    return;  // a look-up that began too late for the one that it was for
  }
  ++stuck_count;
  stuck_changed.wait(lock, [] { return stuck_domain.empty(); });
  --stuck_count;
  stuck_changed.notify_all();
}

}  // namespace

StuckLookups::StuckLookups(const std::string& label) {
  const std::lock_guard lock(stuck_mutex);
  stuck_domain = '.' + label + ".stuck.test";
}
StuckLookups::~StuckLookups() {
  std::unique_lock lock(stuck_mutex);
  stuck_domain.clear();
  stuck_changed.notify_all();
  stuck_changed.wait(lock, [] { return stuck_count == 0; });
}
std::size_t StuckLookups::count() const noexcept {
  const std::lock_guard lock(stuck_mutex);
  return stuck_count;
}

FailingCall::FailingCall(std::size_t step, int error) noexcept {
  plan = {.left = step, .error = error};
}
FailingCall::~FailingCall() {
  plan = {};
}
bool FailingCall::met() const noexcept {
  return plan.met;
}
const char* FailingCall::name() const noexcept {
  return plan.name;
}

}  // namespace posthouse::net::testing

extern "C" {

#define POSTHOUSE_WRAP(result, name, parameters, arguments)                              \
  result __real_##name parameters;                                                       \
  result __wrap_##name parameters;                                                       \
  result __wrap_##name parameters {                                                      \
    return posthouse::net::testing::fails(#name) ? result(-1) : __real_##name arguments; \
  }

POSTHOUSE_WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
POSTHOUSE_WRAP(int, bind, (int fd, const sockaddr* address, socklen_t size), (fd, address, size))
POSTHOUSE_WRAP(int, connect, (int fd, const sockaddr* address, socklen_t size), (fd, address, size))
POSTHOUSE_WRAP(int, getsockname, (int fd, sockaddr* address, socklen_t* size), (fd, address, size))
POSTHOUSE_WRAP(int, getsockopt, (int fd, int level, int name, void* value, socklen_t* size),
               (fd, level, name, value, size))
POSTHOUSE_WRAP(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t size),
               (fd, level, name, value, size))
POSTHOUSE_WRAP(ssize_t, sendto,
               (int fd, const void* data, std::size_t size, int flags, const sockaddr* to, socklen_t to_size),
               (fd, data, size, flags, to, to_size))
POSTHOUSE_WRAP(int, sendmmsg, (int fd, mmsghdr* messages, unsigned count, int flags), (fd, messages, count, flags))
POSTHOUSE_WRAP(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
POSTHOUSE_WRAP(ssize_t, recvfrom,
               (int fd, void* data, std::size_t size, int flags, sockaddr* from, socklen_t* from_size),
               (fd, data, size, flags, from, from_size))
POSTHOUSE_WRAP(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
POSTHOUSE_WRAP(int, recvmmsg, (int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout),
               (fd, messages, count, flags, timeout))
POSTHOUSE_WRAP(int, epoll_ctl, (int epoll, int operation, int fd, epoll_event* event), (epoll, operation, fd, event))

#undef POSTHOUSE_WRAP

int __real_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** list);
int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** list);
int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** list) {
  if (!std::string_view(host).ends_with(".stuck.test")) {
    return __real_getaddrinfo(host, service, hints, list);
  }
  posthouse::net::testing::hang(host);
  return EAI_NONAME;
}
}
