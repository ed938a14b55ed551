// Addresses as the system finds them: getaddrinfo, in threads that may be left behind.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include "posthouse/base/block_signals.h"
#include "posthouse/base/text.h"
#include "posthouse/net/dns/lookup_errors.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/world/world.h"

namespace posthouse::net {
namespace {

using detail::ask_later;
using detail::not_found;

// One call of getaddrinfo, shared by the thread that makes it and the one that waits for it.
struct Lookup {
  std::string host;
  std::uint16_t port = 0;
  int family = AF_UNSPEC;
  Event ready;
  int error = 0;
  int system_error = 0;
  std::vector<Address> found;

  void run() noexcept {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    system_error = errno;
    for (const addrinfo* one = error == 0 ? list : nullptr; one != nullptr; one = one->ai_next) {
      if (one->ai_family != AF_INET && one->ai_family != AF_INET6) {
        continue;
      }
      const Address address = Address::from_sockaddr(one->ai_addr, one->ai_addrlen).with_port(port);
      if (std::find(found.begin(), found.end(), address) == found.end()) {
        found.push_back(address);
      }
    }
    if (error == 0) {
      ::freeaddrinfo(list);
    }
  }
};

// At a deadline a look-up is left behind with its thread, until getaddrinfo gives up. So two things are counted: those that
// are waited for, and all threads. The first bound is what is asked of the servers at a time; the second one only keeps
// threads from growing without end where every look-up is left behind.
struct Bounds {
  Semaphore waited_for;
  Semaphore threads;
};

// Never destroyed, since threads that were left behind may still end while the program does.
Bounds& bounds_of(const std::string& name) {
  static auto& of_all = *new Bounds{Semaphore(64), Semaphore(1024)};
  // The name of this machine comes out of a file: no server that is silent holds it up.
  static auto& of_localhost = *new Bounds{Semaphore(64), Semaphore(64)};
  return name == "localhost" || name == "localhost." || name.ends_with(".localhost") ? of_localhost : of_all;
}

// One of those that are waited for, while this lives.
class Place {
 public:
  explicit Place(Semaphore& places, Deadline deadline, const std::string& shown) : places_(places) {
    if (!places.acquire(deadline)) {
      throw Error(Errc::timeout, "timed out before looking up " + shown);
    }
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { places_.release(); }

 private:
  Semaphore& places_;
};

// `threads` has been acquired.
void start_lookup(const std::shared_ptr<Lookup>& lookup, Semaphore& threads) {
  const BlockSignals none;
  try {
    std::thread([lookup, &threads] {
      lookup->run();
      threads.release();
      lookup->ready.set();
    }).detach();
  } catch (const std::system_error& error) {
    threads.release();
    ask_later(fmt::format("cannot look up {}: {}", printable(lookup->host), error.what()));
  }
}

// `family` is getaddrinfo's.
std::vector<Address> look_up(int family, const std::string& host, std::uint16_t port, Deadline deadline) {
  const std::string name = detail::checked_name(host);
  const std::string shown = printable(host);
  Bounds& bounds = bounds_of(name);
  const Place place(bounds.waited_for, deadline, shown);
  if (!bounds.threads.acquire(deadline)) {
    throw Error(Errc::timeout, fmt::format("timed out before looking up {}: too many look-ups hang", shown));
  }
  auto lookup = std::make_shared<Lookup>();
  lookup->host = name;
  lookup->port = port;
  lookup->family = family;
  start_lookup(lookup, bounds.threads);
  if (!lookup->ready.wait(deadline)) {
    throw Error(Errc::timeout, "timed out looking up " + shown);
  }
  switch (lookup->error) {
    case 0:
      if (lookup->found.empty()) {
        not_found(shown + " has no IP address");
      }
      return std::move(lookup->found);
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
      not_found("no such host: " + shown);
    case EAI_SYSTEM:
      ask_later(fmt::format("cannot look up {}: {}", shown, std::strerror(lookup->system_error)));
    default:
      ask_later(fmt::format("cannot look up {}: {}", shown, gai_strerror(lookup->error)));
  }
}

}  // namespace

std::vector<Address> system_addresses(const std::string& host, std::uint16_t port, Deadline deadline) {
  if (const std::optional<Address> address = Address::try_ip(host, port)) {
    return {*address};
  }
  if (World* world = World::current(); world != nullptr) {
    return world->resolver().addresses(detail::checked_name(host), port, deadline);
  }
  return look_up(AF_UNSPEC, host, port, deadline);
}

std::vector<Address> system_addresses_of(Address::Family family, const std::string& host, std::uint16_t port,
                                         Deadline deadline) {
  if (World* world = World::current(); world != nullptr) {
    return world->resolver().addresses_of(family, detail::checked_name(host), port, deadline);
  }
  return look_up(family == Address::Family::ipv4 ? AF_INET : AF_INET6, host, port, deadline);
}

}  // namespace posthouse::net
