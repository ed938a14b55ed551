#include "posthouse/relay/next_hop.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"

namespace posthouse::relay {
namespace {

[[noreturn]] void never(std::string status, std::string text) {
  throw NoHost({Verdict::Kind::permanent, std::move(status), std::move(text), {}});
}

/// "[127.0.0.1]" or "[IPv6:::1]" without its wrapping; nothing when it is a name.
std::optional<std::string> address_literal(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) {
    return std::nullopt;
  }
  domain = domain.substr(1, domain.size() - 2);
  if (istarts_with(domain, "IPv6:")) {
    domain.remove_prefix(5);
  }
  if (!net::Address::try_ip(domain, 25)) {
    never("5.1.2", "[" + std::string(domain) + "] is not an address");
  }
  return std::string(domain);
}

/// RFC 5321 section 5.1: hosts that are as far from the goal as we are would send it back to us.
void drop_own(std::vector<net::MxRecord>& records, std::string_view own_name, const std::string& domain) {
  const auto own = std::find_if(records.begin(), records.end(),
                                [&](const net::MxRecord& record) { return iequals(record.exchange, own_name); });
  if (own == records.end()) {
    return;
  }
  const std::uint16_t preference = own->preference;
  std::erase_if(records, [&](const net::MxRecord& record) { return record.preference >= preference; });
  if (records.empty()) {
    never("5.4.6", "the mail exchanger of " + domain + " is this host, which has no such domain");
  }
}

}  // namespace

NextHop next_hop_of(const std::string& domain, const Routes& routes) {
  return next_hop_of(domain, {}, routes);
}

NextHop next_hop_of(const std::string& domain, std::string_view sender, const Routes& routes) {
  if (const Route* route = routes.find(domain, sender)) {
    return {.route = *route};
  }
  return {.domain = domain};
}

std::vector<Hop> hosts_of(const NextHop& next, net::Resolver& resolver, std::string_view own_name,
                          net::Deadline deadline) {
  if (next.route) {
    return {{.host = next.route->host,
             .port = next.route->port,
             .tls = next.route->tls,
             .ca_file = next.route->ca_file,
             .domain = next.route->host,
             .fixed = true,
             .literal = net::Address::try_ip(next.route->host, 25).has_value(),
             .protocol = next.route->protocol,
             .user = next.route->user,
             .password = next.route->password}};
  }
  const std::string& domain = next.domain;
  if (auto literal = address_literal(domain)) {
    return {{.host = *literal, .domain = domain, .literal = true}};
  }
  net::DnsAnswer<net::MxRecord> answer;
  try {
    answer = resolver.mx(domain, deadline);
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    if (error.errc() == net::Errc::name_not_found && !error.retryable()) {
      never("5.1.2", "the domain " + domain + " does not exist");
    }
    throw NoHost({Verdict::Kind::temporary, "4.4.3", "looking up " + domain + ": " + error.what(), {}});
  }
  std::vector<net::MxRecord>& records = answer.records;
  if (net::is_null_mx(records)) {
    never("5.1.10", "the domain " + domain + " takes no mail (null MX)");
  }
  drop_own(records, own_name, domain);
  if (records.empty()) {
    records.push_back({.exchange = domain});
  }
  std::vector<Hop> hops;
  for (net::MxRecord& record : records) {
    hops.push_back({.host = std::move(record.exchange),
                    .domain = domain,
                    .secure_mx = answer.secure(),
                    .canonical_domain = answer.secure() ? answer.canonical_name : ""});
  }
  return hops;
}

}  // namespace posthouse::relay
