#include "posthouse/net/resolver.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "posthouse/base/text.h"
#include "posthouse/net/dns/resolver_dns.h"
#include "posthouse/net/error.h"
#include "posthouse/net/random.h"
#include "posthouse/net/sync.h"
#include "posthouse/net/world.h"

namespace posthouse::net {
namespace {

[[noreturn]] void not_found(const std::string& what) {
  throw Error(Errc::name_not_found, what, posthouse::ErrorDetails{.retryable = false, .connection_usable = true});
}

[[noreturn]] void ask_later(const std::string& what) {
  throw Error(Errc::name_not_found, what, posthouse::ErrorDetails{.retryable = true, .connection_usable = true});
}

std::optional<Address> literal(std::string_view host, std::uint16_t port) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return Address::try_ip(host, port);
}

void check_name(const std::string& name) {
  if (name.empty() || name.size() > 254 || name.find('\0') != std::string::npos) {
    not_found('"' + printable(name) + "\" is no host name");
  }
}

// A host name out of RDATA, at `at`: labels joined by dots, lower case; "." for the root; nothing when it is cut off
// or when a label has other octets than host names (and '_') have.
std::optional<std::string> wire_name(std::string_view octets) {
  std::string name;
  while (!octets.empty()) {
    const auto size = static_cast<unsigned char>(octets.front());
    octets.remove_prefix(1);
    if (size == 0) return name.empty() ? "." : name;
    if (size > 63 || size > octets.size() || name.size() + size > 254) return std::nullopt;
    if (!name.empty()) name.push_back('.');
    for (const char octet : octets.substr(0, size)) {
      const char c = to_lower(octet);
      if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_') return std::nullopt;
      name.push_back(c);
    }
    octets.remove_prefix(size);
  }
  return std::nullopt;
}

std::optional<MxRecord> mx_record(std::string_view rdata) {
  if (rdata.size() < 3) return std::nullopt;
  const auto high = static_cast<unsigned char>(rdata[0]);
  const auto low = static_cast<unsigned char>(rdata[1]);
  std::optional<std::string> exchange = wire_name(rdata.substr(2));
  if (!exchange) return std::nullopt;
  return MxRecord{static_cast<std::uint16_t>(high << 8U | low), std::move(*exchange)};
}

// RFC 5321 section 5.1: by preference, and equal ones at random, to spread the load.
void sort_records(std::vector<MxRecord>& records) {
  for (std::size_t i = records.size(); i > 1; --i) std::swap(records[i - 1], records[random_below(i)]);
  std::stable_sort(records.begin(), records.end(),
                   [](const MxRecord& a, const MxRecord& b) { return a.preference < b.preference; });
}

// One call of getaddrinfo, shared by the thread that makes it and the one that waits for it.
struct Lookup {
  std::string host;
  std::uint16_t port = 0;
  Event ready;
  int error = 0;
  int system_error = 0;
  std::vector<Address> found;

  void run() noexcept {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    system_error = errno;
    for (const addrinfo* one = error == 0 ? list : nullptr; one != nullptr; one = one->ai_next) {
      if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
      const Address address = Address::from_sockaddr(one->ai_addr, one->ai_addrlen).with_port(port);
      if (std::find(found.begin(), found.end(), address) == found.end()) found.push_back(address);
    }
    if (error == 0) ::freeaddrinfo(list);
  }
};

// How many may be under way: at a deadline a lookup is left behind with its thread until getaddrinfo gives up.
// Never destroyed, since such threads may still end while the program does.
Semaphore& lookup_permits() {
  static auto& permits = *new Semaphore(64);
  return permits;
}

void start_lookup(const std::shared_ptr<Lookup>& lookup) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([lookup] {
      lookup->run();
      lookup_permits().release();
      lookup->ready.set();
    }).detach();
  } catch (const std::system_error& error) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    lookup_permits().release();
    ask_later("cannot look up " + printable(lookup->host) + ": " + error.what());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

bool is_null_mx(const std::vector<MxRecord>& records) noexcept {
  return records.size() == 1 && records.front().exchange == ".";
}

std::vector<Address> system_addresses(const std::string& host, std::uint16_t port, Deadline deadline) {
  if (World* world = World::current(); world != nullptr) return world->resolver().addresses(host, port, deadline);
  if (const std::optional<Address> address = literal(host, port)) return {*address};
  check_name(host);
  const std::string shown = printable(host);
  if (!lookup_permits().acquire(deadline)) throw Error(Errc::timeout, "timed out before looking up " + shown);
  auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  lookup->port = port;
  start_lookup(lookup);
  if (!lookup->ready.wait(deadline)) throw Error(Errc::timeout, "timed out looking up " + shown);
  switch (lookup->error) {
    case 0:
      if (lookup->found.empty()) not_found(shown + " has no IP address");
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
      ask_later("cannot look up " + shown + ": " + std::strerror(lookup->system_error));
    default:
      ask_later("cannot look up " + shown + ": " + gai_strerror(lookup->error));
  }
}

SystemResolver::SystemResolver(ResolverOptions options) : own_server_(!options.server.empty()) {
  if (own_server_) {
    const std::optional<Address> server = Address::try_parse(options.server);
    if (!server || !server->is_ip() || server->port() == 0) {
      throw Error(Errc::invalid,
                  "the DNS server must be an IP address with a port: \"" + printable(options.server) + '"');
    }
  }
  dns_ = std::make_unique<Dns>(std::move(options.server));
}

SystemResolver::~SystemResolver() = default;

std::vector<Address> SystemResolver::addresses(const std::string& host, std::uint16_t port, Deadline deadline) {
  if (World* world = World::current(); world != nullptr) return world->resolver().addresses(host, port, deadline);
  if (!own_server_) return system_addresses(host, port, deadline);
  if (const std::optional<Address> address = literal(host, port)) return {*address};
  check_name(host);
  const std::string shown = printable(host);
  const auto six = dns_->ask(host, Dns::Type::aaaa, deadline);
  const auto four = dns_->query(host, Dns::Type::a, deadline);
  Dns::wait(*six, shown, deadline);
  std::vector<Address> found;
  for (const auto& answer : {six, four}) {
    for (const std::string& octets : answer->records) {
      if (octets.size() != 4 && octets.size() != 16) continue;
      char text[INET6_ADDRSTRLEN] = {};
      inet_ntop(octets.size() == 4 ? AF_INET : AF_INET6, octets.data(), text, sizeof text);
      found.emplace_back(std::string_view(text), port);
    }
  }
  if (!found.empty()) return found;
  for (const auto& answer : {six, four}) {
    if (answer->status == Dns::Status::failed) ask_later("cannot look up " + shown + ": " + answer->failure);
  }
  not_found(six->status == Dns::Status::no_such_name ? "no such host: " + shown : shown + " has no IP address");
}

std::vector<MxRecord> SystemResolver::mx(const std::string& domain, Deadline deadline) {
  if (World* world = World::current(); world != nullptr) return world->resolver().mx(domain, deadline);
  check_name(domain);
  const std::string shown = printable(domain);
  const auto answer = dns_->query(domain, Dns::Type::mx, deadline);
  switch (answer->status) {
    case Dns::Status::no_data:
      return {};
    case Dns::Status::no_such_name:
      not_found("no such domain: " + shown);
    case Dns::Status::failed:
      ask_later("cannot look up the mail hosts of " + shown + ": " + answer->failure);
    case Dns::Status::data:
      break;
  }
  std::vector<MxRecord> records;
  for (const std::string& rdata : answer->records) {
    if (std::optional<MxRecord> record = mx_record(rdata)) records.push_back(std::move(*record));
  }
  // RFC 7505 section 3: a null MX stands alone; beside others "." is no host.
  if (records.size() > 1) std::erase_if(records, [](const MxRecord& record) { return record.exchange == "."; });
  if (records.empty()) not_found("no MX record of " + shown + " names a possible host");
  sort_records(records);
  return records;
}

}  // namespace posthouse::net
