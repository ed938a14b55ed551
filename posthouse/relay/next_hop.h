#pragma once
// Where mail for a domain goes next (RFC 5321 section 5) and the connection to there.
#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/relay/route.h"
#include "posthouse/relay/verdict.h"
#include "posthouse/smtp/client/client.h"

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
  RouteProtocol protocol = RouteProtocol::smtp;
  std::string user{};
  std::string password{};
};

/// The hosts to try for `next`, in this order: its route, an address literal ("[127.0.0.1]"), the MX hosts of its domain
/// (those no better than `own_name` left out, RFC 5321 section 5.1), else the domain itself. Throws NoHost: null MX (RFC
/// 7505), a domain that does not exist, a DNS that does not answer, mail that would come back to this host.
std::vector<Hop> hosts_of(const NextHop& next, net::Resolver& resolver, std::string_view own_name,
                          net::Deadline deadline);

/// An open session with the first host of `hops` that lets us in.
struct Connected {
  smtp::Client client;
  std::string host{};
  net::Address address{};
  std::size_t hop = 0;  ///< The host's place in `hops`.
};

/// Tries the addresses of `hops` in turn, at most `max_addresses`, and logs in where the hop has a user. Throws LogInFailed
/// where that is refused; NoHost with what the last one said; net::Error (Errc::canceled).
Connected connect_to(std::span<const Hop> hops, net::Resolver& resolver, const smtp::ClientOptions& options,
                     const Sources& sources = {});

inline constexpr std::size_t max_addresses = 10;

}  // namespace posthouse::relay
