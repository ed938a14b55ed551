#pragma once
// Where mail for a domain goes next (RFC 5321 section 5) and the connection to there.
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

/// One host to try, and how.
struct Hop {
  std::string host{};
  std::uint16_t port = 25;
  RouteTls tls = RouteTls::opportunistic;
  std::string ca_file{};
};

/// The hosts for `domain`, in the order they should be tried: its route, an address literal ("[127.0.0.1]"), its MX
/// hosts (those no better than `own_name` left out, RFC 5321 section 5.1), else itself. Throws NoHost: null MX (RFC
/// 7505), a domain that does not exist, a DNS that does not answer, mail that would come back to this host.
std::vector<Hop> next_hops(const std::string& domain, const Routes& routes, net::Resolver& resolver,
                           std::string_view own_name, net::Deadline deadline);

/// An open session with the first host of `hops` that lets us in.
struct Connected {
  smtp::Client client;
  std::string host{};
  net::Address address{};
  std::size_t hop = 0;  ///< The host's place in `hops`.
};

/// Tries the addresses of `hops` in turn, at most `max_addresses`. Throws NoHost with what the last one said;
/// net::Error (Errc::canceled).
Connected connect_to(std::span<const Hop> hops, net::Resolver& resolver, const smtp::ClientOptions& options);

inline constexpr std::size_t max_addresses = 10;

}  // namespace posthouse::relay
