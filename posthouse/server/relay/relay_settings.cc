#include "posthouse/server/relay/relay_settings.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
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

relay::Route read_route(const Value& value) {
  if (!value.is_table()) {
    return route_from(value, value.text());
  }
  std::string target;
  std::string ca;
  relay::RouteTls tls = relay::RouteTls::opportunistic;
  value.table({{"host", [&](const Value& v) { target = v.text(); }},
               {"tls",
                [&](const Value& v) {
                  tls = static_cast<relay::RouteTls>(v.choice({"none", "opportunistic", "starttls", "implicit"}));
                }},
               {"ca", [&](const Value& v) { ca = v.text(); }}});
  if (target.empty()) {
    value.refuse("host is missing (a domain name as a key must stand in quotes: \"two.test\" = \"127.0.0.1:2526\")");
  }
  relay::Route route = route_from(value, target);
  route.tls = tls;
  route.ca_file = std::move(ca);
  return route;
}

void read_routes(Config& config, const Value& table) {
  relay::Routes& routes = config.services.of<RelaySettings>().routes;
  table.entries([&](std::string_view domain, const Value& route) { routes.set(domain, read_route(route)); });
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
  return {{"", "queue", read_queue}, {"", "forwarding", read_forwarding}, {"", "routes", read_routes}};
}

void add_route(relay::Routes& routes, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw Error(Errc::config, fmt::format("'{}' is not DOMAIN=HOST:PORT", printable(text)));
  }
  routes.set(text.substr(0, equals), relay::parse_route_target(text.substr(equals + 1)));
}

}  // namespace posthouse::server
