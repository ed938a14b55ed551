#pragma once
// Where mail for a domain goes next (RFC 5321 section 5).
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/relay/route.h"
#include "posthouse/relay/verdict.h"

namespace posthouse::relay {

/// Where mail for a domain goes next. Mail for all domains that have one next hop can share a session.
struct NextHop {
  std::optional<Route> route{};  ///< A fixed host. Without one the DNS is asked about `domain`.
  std::string domain{};          ///< In the spelling of queue::domain_of; empty with a route.

  auto operator<=>(const NextHop&) const = default;
};

/// The next hop of `domain` by `routes`. Asks nobody.
NextHop next_hop_of(const std::string& domain, const Routes& routes);
/// The same for mail from `sender`, a reverse-path.
NextHop next_hop_of(const std::string& domain, std::string_view sender, const Routes& routes);

/// From which addresses and by which protocol of the Internet hosts are connected to.
struct Sources {
  enum class Use { both, ipv4, ipv6 };
  Use use = Use::both;
  net::Address ipv4{};  ///< With port 0; none: the system chooses.
  net::Address ipv6{};
};

/// One host to try, and how.
struct Hop {
  std::string host{};
  std::uint16_t port = 25;
  RouteTls tls = RouteTls::opportunistic;
  std::string ca_file{};
  std::string domain{};            ///< Whose mail it is: the domain whose policies count; of a route its host.
  bool fixed = false;              ///< It comes from the configuration.
  bool literal = false;            ///< It is an address.
  bool secure_mx = false;          ///< The MX records that name it, or say that there are none, are signed (DNSSEC).
  std::string canonical_domain{};  ///< Where the domain is an alias, and all of the way signed: the name it stands for.
  RouteProtocol protocol = RouteProtocol::smtp;
  std::string user{};
  std::string password{};
};

/// The hosts to try for `next`, in this order: its route, an address literal ("[127.0.0.1]"), the MX hosts of its domain
/// (those no better than `own_name` left out, RFC 5321 section 5.1), else the domain itself. Throws NoHost: null MX (RFC
/// 7505), a domain that does not exist, a DNS that does not answer, mail that would come back to this host.
std::vector<Hop> hosts_of(const NextHop& next, net::Resolver& resolver, std::string_view own_name,
                          net::Deadline deadline);

}  // namespace posthouse::relay
