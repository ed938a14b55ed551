#include "posthouse/relay/next_hop.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/wire/error.h"

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

smtp::ClientOptions options_for(const Hop& hop, smtp::ClientOptions options) {
  options.opportunistic = hop.tls == RouteTls::opportunistic;
  options.tls = hop.tls == RouteTls::none       ? net::Tls::none
                : hop.tls == RouteTls::implicit ? net::Tls::implicit
                                                : net::Tls::starttls;
  options.tls_options.verify = hop.tls != RouteTls::opportunistic;
  options.tls_options.ca_file = hop.ca_file;
  // The context that all hops share verifies nothing and trusts nobody in particular.
  if (!options.opportunistic) {
    options.tls_context.reset();
  }
  options.lmtp = hop.protocol == RouteProtocol::lmtp;
  options.insecure_auth = hop.tls == RouteTls::none;
  return options;
}

const net::Address& source_for(const net::Address& to, const Sources& sources) {
  static const net::Address none;
  using Family = net::Address::Family;
  return to.family() == Family::ipv4 ? sources.ipv4 : to.family() == Family::ipv6 ? sources.ipv6 : none;
}

std::vector<net::Address> addresses_of(const Hop& hop, net::Resolver& resolver, net::Deadline deadline,
                                       const Sources& sources) {
  if (hop.host.starts_with("unix:")) {
    return {net::Address::parse(hop.host)};
  }
  std::vector<net::Address> addresses = resolver.addresses(hop.host, hop.port, deadline);
  if (sources.use != Sources::Use::both) {
    const auto family = sources.use == Sources::Use::ipv4 ? net::Address::Family::ipv4 : net::Address::Family::ipv6;
    std::erase_if(addresses, [&](const net::Address& address) { return address.family() != family; });
    if (addresses.empty()) {
      throw NoHost({Verdict::Kind::temporary,
                    "4.4.1",
                    hop.host + (sources.use == Sources::Use::ipv4 ? " has no IPv4 address" : " has no IPv6 address"),
                    {}});
    }
  }
  return addresses;
}

/// A wrong password is for the operator to mend: the mail waits for that.
void log_in(smtp::Client& client, const Hop& hop) {
  try {
    client.login(hop.user, hop.password);
  } catch (const smtp::Error& error) {
    throw LogInFailed({Verdict::Kind::temporary, "4.7.8", hop.host + ": " + error.what(), hop.host});
  }
}

/// RFC 7504 and 7505: these replies in place of a greeting speak for the host as a whole.
bool refuses_all_mail(const smtp::Error& error) {
  return error.answer().code == 521 || error.answer().code == 556;
}

Verdict judge_connecting(const std::exception& error, const Hop& hop) {
  Verdict verdict = judge(error, hop.host);
  if (const auto* refusal = dynamic_cast<const smtp::Error*>(&error);
      verdict.kind == Verdict::Kind::permanent && (refusal == nullptr || !refuses_all_mail(*refusal))) {
    verdict.kind = Verdict::Kind::temporary;  // it may let us in another time, or another host does
  }
  return verdict;
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
    const Route& route = *next.route;
    return {{route.host, route.port, route.tls, route.ca_file, route.protocol, route.user, route.password}};
  }
  const std::string& domain = next.domain;
  if (auto literal = address_literal(domain)) {
    return {{.host = *literal}};
  }
  std::vector<net::MxRecord> records;
  try {
    records = resolver.mx(domain, deadline).records;
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    if (error.errc() == net::Errc::name_not_found && !error.retryable()) {
      never("5.1.2", "the domain " + domain + " does not exist");
    }
    throw NoHost({Verdict::Kind::temporary, "4.4.3", "looking up " + domain + ": " + error.what(), {}});
  }
  if (net::is_null_mx(records)) {
    never("5.1.10", "the domain " + domain + " takes no mail (null MX)");
  }
  drop_own(records, own_name, domain);
  if (records.empty()) {
    return {{.host = domain}};
  }
  std::vector<Hop> hops;
  for (net::MxRecord& record : records) {
    hops.push_back({.host = std::move(record.exchange)});
  }
  return hops;
}

Connected connect_to(std::span<const Hop> hops, net::Resolver& resolver, const smtp::ClientOptions& options,
                     const Sources& sources) {
  Verdict last{Verdict::Kind::temporary, "4.4.1", "no host to connect to", {}};
  std::size_t tried = 0;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    const Hop& hop = hops[i];
    std::vector<net::Address> addresses;
    try {
      addresses = addresses_of(hop, resolver, options.timeouts.connect, sources);
    } catch (const NoHost& none) {
      last = none.verdict();
      continue;
    } catch (const net::Error& error) {
      if (error.errc() == net::Errc::canceled) {
        throw;
      }
      last = judge_connecting(error, hop);
      if (hops.size() == 1 && error.errc() == net::Errc::name_not_found && !error.retryable()) {
        never("5.4.4", "the host " + hop.host + " does not exist");
      }
      continue;
    }
    for (const net::Address& address : addresses) {
      if (++tried > max_addresses) {
        throw NoHost(last);
      }
      try {
        smtp::ClientOptions chosen = options_for(hop, options);
        chosen.source = source_for(address, sources);
        Connected connected{smtp::Client::connect(address, hop.host, std::move(chosen)), hop.host, address, i};
        if (!hop.user.empty()) {
          log_in(connected.client, hop);
        }
        return connected;
      } catch (const NoHost&) {
        throw;
      } catch (const posthouse::Error& error) {
        if (net::is_canceled(error)) {
          throw;
        }
        last = judge_connecting(error, hop);
        last.text += " (" + address.to_string() + ")";
      }
    }
  }
  throw NoHost(last);
}

}  // namespace posthouse::relay
