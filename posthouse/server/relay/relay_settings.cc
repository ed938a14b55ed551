#include "posthouse/server/relay/relay_settings.h"

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "posthouse/base/text.h"
#include "posthouse/net/address.h"
#include "posthouse/queue/rows.h"
#include "posthouse/relay/error.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/error.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

relay::Route route_from(const Value& value, const std::string& target) {
  try {
    return relay::parse_route_target(target);
  } catch (const relay::Error& error) {
    value.refuse(error.what());
  }
}

/// The first line of a file that only its owner may read: what others can read is no secret.
std::string password_in(const Value& value) {
  constexpr std::size_t longest = 1024;
  const std::string name = value.text();
  struct stat status{};
  if (::stat(name.c_str(), &status) != 0) {
    value.refuse("cannot read " + name + ": " + std::generic_category().message(errno));
  }
  if (!S_ISREG(status.st_mode) || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    value.refuse(name +
                 (S_ISREG(status.st_mode) ? ": others than its owner may use it; try chmod 600" : " is no plain file"));
  }
  std::ifstream file(name);
  std::string password;
  if (!std::getline(file, password)) {
    value.refuse("there is no password in " + name);
  }
  if (password.ends_with('\r')) {
    password.pop_back();
  }
  if (password.empty() || password.size() > longest) {
    value.refuse("the first line of " + name + " is no password: 1 to 1024 octets are wanted");
  }
  return password;
}

bool is_this_machine(const std::string& host) {
  const auto address = net::Address::try_ip(host, 25);
  return host == "localhost" || (address && address->is_loopback());
}

void check_log_in(const Value& value, const relay::Route& route) {
  using relay::RouteTls;
  if (route.user.empty() != route.password.empty()) {
    value.refuse("user and password_file are wanted both or not at all");
  }
  const bool verified = route.tls == RouteTls::starttls || route.tls == RouteTls::implicit;
  if (!route.user.empty() && !verified && !(route.tls == RouteTls::none && is_this_machine(route.host))) {
    value.refuse("a log-in wants tls = \"starttls\" or \"implicit\" (\"none\" on this machine only)");
  }
  if (route.is_unix() && route.tls != RouteTls::none && route.tls != RouteTls::opportunistic) {
    value.refuse("a Unix socket has no TLS");
  }
}

relay::Route read_route(const Value& value) {
  if (!value.is_table()) {
    return route_from(value, value.text());
  }
  relay::Route with;
  std::string target;
  std::string ca;
  relay::RouteTls tls = relay::RouteTls::opportunistic;
  value.table({{"host", [&](const Value& v) { target = v.text(); }},
               {"tls",
                [&](const Value& v) {
                  tls = static_cast<relay::RouteTls>(v.choice({"none", "opportunistic", "starttls", "implicit"}));
                }},
               {"ca", [&](const Value& v) { ca = v.text(); }},
               {"protocol",
                [&](const Value& v) { with.protocol = static_cast<relay::RouteProtocol>(v.choice({"smtp", "lmtp"})); }},
               {"user", [&](const Value& v) { with.user = v.text(); }},
               {"password_file", [&](const Value& v) { with.password = password_in(v); }}});
  if (target.empty()) {
    value.refuse("host is missing (a domain name as a key must stand in quotes: \"two.test\" = \"127.0.0.1:2526\")");
  }
  relay::Route route = route_from(value, target);
  route.tls = tls;
  route.ca_file = std::move(ca);
  route.protocol = with.protocol;
  route.user = std::move(with.user);
  route.password = std::move(with.password);
  check_log_in(value, route);
  return route;
}

void read_routes(Config& config, const Value& table) {
  relay::Routes& routes = config.services.of<RelaySettings>().routes;
  table.entries([&](std::string_view domain, const Value& route) { routes.set(domain, read_route(route)); });
}

void read_sender_routes(Config& config, const Value& table) {
  relay::Routes& routes = config.services.of<RelaySettings>().routes;
  table.entries([&](std::string_view sender, const Value& route) {
    const std::size_t at = sender.rfind('@');
    if (at == std::string_view::npos || at + 1 == sender.size()) {
      route.refuse("a sender's address or \"@domain\" is wanted as the key");
    }
    routes.set_sender(sender, read_route(route));
  });
}

net::Address read_source(const Value& value, net::Address::Family family) {
  const auto address = net::Address::try_ip(value.text(), 0);
  if (!address || address->family() != family) {
    value.refuse(family == net::Address::Family::ipv4 ? "an IPv4 address is wanted" : "an IPv6 address is wanted");
  }
  return *address;
}

void read_domain(RelaySettings& relay, std::string_view name, const Value& table) {
  relay::DomainRules rules;
  table.table({
      {"retry_initial", [&](const Value& v) { rules.retry_initial = v.duration(10ms, 24h); }},
      {"retry_max", [&](const Value& v) { rules.retry_max = v.duration(10ms, 24h * 7); }},
      {"expire", [&](const Value& v) { rules.expire = v.duration(100ms, 24h * 60); }},
      {"connections", [&](const Value& v) { rules.connections = v.number(1, 1000); }},
  });
  const std::string domain = queue::domain_of("@" + std::string(name));
  if (domain.empty()) {
    table.refuse("a domain is wanted as the key");
  }
  relay.domains.insert_or_assign(domain, rules);
}

void read_queue(Config& config, const Value& table) {
  RelaySettings& relay = config.services.of<RelaySettings>();
  table.table({
      {"retry_initial", [&](const Value& v) { relay.retry_initial = v.duration(10ms, 24h); }},
      {"retry_max", [&](const Value& v) { relay.retry_max = v.duration(10ms, 24h * 7); }},
      {"expire", [&](const Value& v) { relay.expire = v.duration(100ms, 24h * 60); }},
      {"delay_notice", [&](const Value& v) { relay.delay_notice = v.duration(0ms, 24h * 60); }},
      {"reports_per_sender", [&](const Value& v) { relay.reports_per_sender = v.number(0, 1'000'000); }},
      {"connect_timeout", [&](const Value& v) { relay.connect_timeout = v.duration(100ms, 10min); }},
      {"connections", [&](const Value& v) { relay.connections = v.number(1, 10'000); }},
      {"connections_per_destination", [&](const Value& v) { relay.connections_per_destination = v.number(1, 1000); }},
      {"ip",
       [&](const Value& v) {
         relay.sources.use = static_cast<relay::Sources::Use>(v.choice({"both", "ipv4", "ipv6"}));
       }},
      {"source_ipv4", [&](const Value& v) { relay.sources.ipv4 = read_source(v, net::Address::Family::ipv4); }},
      {"source_ipv6", [&](const Value& v) { relay.sources.ipv6 = read_source(v, net::Address::Family::ipv6); }},
      {"domain",
       [&](const Value& v) {
         v.entries([&](std::string_view name, const Value& rules) { read_domain(relay, name, rules); });
       }},
  });
  if (relay.retry_max < relay.retry_initial) {
    table.refuse("retry_max is shorter than retry_initial");
  }
}

void read_forwarding(Config& config, const Value& table) {
  RelaySettings& relay = config.services.of<RelaySettings>();
  bool said = false;
  table.table({{"srs",
                [&](const Value& v) {
                  relay.srs = v.boolean();
                  said = true;
                }},
               {"srs_secret_file", [&](const Value& v) { relay.srs_secret_file = v.text(); }}});
  relay.srs = relay.srs || (!said && !relay.srs_secret_file.empty());
}

}  // namespace

std::vector<Setting> relay_settings() {
  return {{"", "queue", read_queue},
          {"", "forwarding", read_forwarding},
          {"", "routes", read_routes},
          {"", "sender_routes", read_sender_routes},
          relay_domains_setting()};
}

void add_route(relay::Routes& routes, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw Error(Errc::config, fmt::format("'{}' is not DOMAIN=HOST:PORT", printable(text)));
  }
  routes.set(text.substr(0, equals), relay::parse_route_target(text.substr(equals + 1)));
}

}  // namespace posthouse::server
