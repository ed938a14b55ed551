#include "posthouse/net/dns/resolver.h"

#include <cerrno>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/net/dns/lookup_errors.h"
#include "posthouse/net/dns/resolver_dns.h"
#include "posthouse/net/error.h"
#include "posthouse/net/world/world.h"

namespace posthouse::net {
namespace {

template <class Record>
DnsAnswer<Record> parsed(const DnsAnswer<std::string>& answer, std::optional<Record> (*parse)(std::string_view),
                         const std::string& name, DnsType type) {
  DnsAnswer<Record> result{{}, answer.dnssec, answer.canonical_name};
  for (const std::string& rdata : answer) {
    if (std::optional<Record> record = parse(rdata)) {
      result.records.push_back(std::move(*record));
    }
  }
  if (result.empty() && !answer.empty()) {
    detail::not_found(fmt::format("no {} record of {} can be used", to_string(type), printable(name)));
  }
  return result;
}

ResolverOptions checked(ResolverOptions options) {
  if (!options.server.empty()) {
    const std::optional<Address> server = Address::try_parse(options.server);
    if (!server || !server->is_ip() || server->port() == 0) {
      throw Error(Errc::invalid,
                  fmt::format("the DNS server must be an IP address with a port: \"{}\"", printable(options.server)));
    }
  }
  if (!options.trust_anchors.empty() && ::access(options.trust_anchors.c_str(), R_OK) != 0) {
    if (options.trust_anchors != ResolverOptions::root_key) {
      throw Error::from_errno(errno, "cannot read the trust anchors in " + options.trust_anchors);
    }
    options.trust_anchors.clear();
  }
  return options;
}

}  // namespace

std::vector<Address> Resolver::addresses_of(Address::Family family, const std::string& host, std::uint16_t port,
                                            Deadline deadline) {
  std::vector<Address> found = addresses(host, port, deadline);
  std::erase_if(found, [&](const Address& address) { return address.family() != family; });
  if (found.empty()) {
    detail::not_found(printable(host) + " has no address of that family");
  }
  return found;
}

DnsAnswer<Address> Resolver::a(const std::string& host, Deadline deadline) {
  return parsed(query(host, DnsType::a, deadline), parse_a, host, DnsType::a);
}

DnsAnswer<Address> Resolver::aaaa(const std::string& host, Deadline deadline) {
  return parsed(query(host, DnsType::aaaa, deadline), parse_aaaa, host, DnsType::aaaa);
}

DnsAnswer<MxRecord> Resolver::mx(const std::string& domain, Deadline deadline) {
  auto answer = parsed(query(domain, DnsType::mx, deadline), parse_mx, domain, DnsType::mx);
  // RFC 7505 section 3: a null MX stands alone; beside others "." is no host.
  if (answer.size() > 1) {
    std::erase_if(answer.records, [](const MxRecord& record) { return record.exchange == "."; });
  }
  if (answer.size() == 0) {
    return answer;
  }
  put_in_order(answer.records);
  return answer;
}

DnsAnswer<std::string> Resolver::txt(const std::string& name, Deadline deadline) {
  return parsed(query(name, DnsType::txt, deadline), parse_txt, name, DnsType::txt);
}

DnsAnswer<std::string> Resolver::ptr(const Address& address, Deadline deadline) {
  const std::string name = reverse_name(address);
  return parsed(query(name, DnsType::ptr, deadline), parse_host_name, name, DnsType::ptr);
}

DnsAnswer<SrvRecord> Resolver::srv(const std::string& name, Deadline deadline) {
  auto answer = parsed(query(name, DnsType::srv, deadline), parse_srv, name, DnsType::srv);
  put_in_order(answer.records);
  return answer;
}

DnsAnswer<TlsaRecord> Resolver::tlsa(const std::string& host, std::uint16_t port, Deadline deadline) {
  const std::string name = fmt::format("_{}._tcp.{}", port, host);
  return parsed(query(name, DnsType::tlsa, deadline), parse_tlsa, name, DnsType::tlsa);
}

SystemResolver::SystemResolver(ResolverOptions options) : own_server_(!options.server.empty()) {
  dns_ = std::make_unique<Dns>(checked(std::move(options)));
}

SystemResolver::~SystemResolver() = default;

std::vector<Address> SystemResolver::addresses(const std::string& host, std::uint16_t port, Deadline deadline) {
  if (!own_server_) {
    return system_addresses(host, port, deadline);
  }
  if (const std::optional<Address> address = Address::try_ip(host, port)) {
    return {*address};
  }
  const std::string name = detail::checked_name(host);
  if (World* world = World::current(); world != nullptr) {
    return world->resolver().addresses(name, port, deadline);
  }
  const auto six = dns_->ask(name, DnsType::aaaa, deadline);
  const auto four = dns_->ask(name, DnsType::a, deadline);
  std::vector<Address> found;
  for (const auto& reply : {six, four}) {
    Dns::wait(*reply, host, deadline);
    for (const std::string& octets : reply->answer.records) {
      if (octets.size() == 4 || octets.size() == 16) {
        found.push_back(Address::from_octets(octets, port));
      }
    }
  }
  if (!found.empty()) {
    return found;
  }
  Dns::throw_failure(*six, host, DnsType::aaaa);
  Dns::throw_failure(*four, host, DnsType::a);
  detail::not_found(printable(host) + " has no IP address");
}

std::vector<Address> SystemResolver::addresses_of(Address::Family family, const std::string& host, std::uint16_t port,
                                                  Deadline deadline) {
  if (!own_server_) {
    return system_addresses_of(family, host, port, deadline);
  }
  if (World::current() != nullptr || Address::try_ip(host, port)) {
    return Resolver::addresses_of(family, host, port, deadline);
  }
  std::vector<Address> found = (family == Address::Family::ipv4 ? a(host, deadline) : aaaa(host, deadline)).records;
  for (Address& address : found) {
    address = address.with_port(port);
  }
  if (found.empty()) {
    detail::not_found(printable(host) + " has no address of that family");
  }
  return found;
}

DnsAnswer<std::string> SystemResolver::query(const std::string& name, DnsType type, Deadline deadline) {
  const std::string asked = detail::checked_name(name);
  if (World* world = World::current(); world != nullptr) {
    return world->resolver().query(asked, type, deadline);
  }
  const auto reply = dns_->ask(asked, type, deadline);
  Dns::wait(*reply, name, deadline);
  Dns::throw_failure(*reply, name, type);
  return std::move(reply->answer);
}

}  // namespace posthouse::net
