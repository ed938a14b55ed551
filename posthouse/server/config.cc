#include "posthouse/server/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/server/config_value.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 5> kinds = {"smtp", "submission", "submissions", "pop3", "pop3s"};
constexpr std::array<std::uint16_t, 5> standard_ports = {25, 587, 465, 110, 995};

bool is_ip_literal(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_loopback(const std::string& host) {
  in6_addr six{};
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&six);
  }
  in_addr four{};
  return inet_pton(AF_INET, host.c_str(), &four) == 1 && (ntohl(four.s_addr) >> 24) == 127;
}

/// "ADDR:PORT" with ADDR an IP literal (IPv6 in brackets) or "*".
ListenerConfig parse_endpoint(ListenerKind kind, std::string_view text) {
  const auto refuse = [&] {
    throw ConfigError("'" + printable(text) +
                      "' is not an address to listen on: 127.0.0.1:2525, [::1]:2525 or *:2525 is wanted");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    refuse();
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) {
      refuse();
    }
  } else if (host.find(':') != std::string_view::npos) {
    refuse();
  }
  ListenerConfig listener{.kind = kind, .host = std::string(host)};
  if (listener.host != "*" && !is_ip_literal(listener.host)) {
    refuse();
  }
  const auto [end, errc] = std::from_chars(port.data(), port.data() + port.size(), listener.port);
  if (errc != std::errc() || end != port.data() + port.size()) {
    refuse();
  }
  return listener;
}

void read_listeners(Config& config, const Value& listen) {
  listen.entries([&](std::string_view name, const Value& value) {
    const auto kind = parse_kind(name);
    if (!kind) {
      value.refuse("unknown kind of listener; known: smtp, submission, submissions, pop3, pop3s");
    }
    value.each([&](const Value& address) {
      try {
        config.listeners.push_back(parse_endpoint(*kind, address.text()));
      } catch (const ConfigError& error) {
        if (std::string_view(error.what()).starts_with('\'')) {
          address.refuse(error.what());
        }
        throw;
      }
    });
  });
}

relay::Route route_from(const Value& value, const std::string& target) {
  try {
    return relay::parse_route_target(target);
  } catch (const Error& error) {
    value.refuse(error.what());
  }
}

void read_route(Config& config, std::string_view domain, const Value& value) {
  relay::Route route;
  if (value.is_table()) {
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
    route = route_from(value, target);
    route.tls = tls;
    route.ca_file = ca;
  } else {
    route = route_from(value, value.text());
  }
  config.routes.set(domain, std::move(route));
}

void read_limits(Limits& limits, const Value& table) {
  table.table({
      {"message_size", [&](const Value& v) { limits.message_size = v.size(64 << 10, 1ULL << 31); }},
      {"recipients", [&](const Value& v) { limits.recipients = v.number(1, 100'000); }},
      {"connections", [&](const Value& v) { limits.connections = v.number(1, 1'000'000); }},
      {"connections_per_ip", [&](const Value& v) { limits.connections_per_ip = v.number(1, 1'000'000); }},
      {"hops", [&](const Value& v) { limits.hops = v.number(5, 1000); }},
  });
}

void read_timeouts(Timeouts& timeouts, const Value& table) {
  table.table({
      {"command", [&](const Value& v) { timeouts.command = v.duration(1s, 24h); }},
      {"data", [&](const Value& v) { timeouts.data = v.duration(1s, 24h); }},
      {"pop3", [&](const Value& v) { timeouts.pop3 = v.duration(1s, 24h); }},
      {"stop", [&](const Value& v) { timeouts.stop = v.duration(100ms, 1min); }},
  });
}

void read_queue(QueueConfig& queue, const Value& table) {
  table.table({
      {"retry_initial", [&](const Value& v) { queue.retry_initial = v.duration(10ms, 24h); }},
      {"retry_max", [&](const Value& v) { queue.retry_max = v.duration(10ms, 24h * 7); }},
      {"expire", [&](const Value& v) { queue.expire = v.duration(100ms, 24h * 60); }},
      {"connect_timeout", [&](const Value& v) { queue.connect_timeout = v.duration(100ms, 10min); }},
      {"connections", [&](const Value& v) { queue.connections = v.number(1, 10'000); }},
      {"connections_per_destination", [&](const Value& v) { queue.connections_per_destination = v.number(1, 1000); }},
  });
  if (queue.retry_max < queue.retry_initial) {
    table.refuse("retry_max is shorter than retry_initial");
  }
}

void read_certificate(Config& config, const Value& table) {
  net::TlsKeyPair pair;
  table.table({{"cert", [&](const Value& f) { pair.cert_file = f.text(); }},
               {"key", [&](const Value& f) { pair.key_file = f.text(); }}});
  if (pair.cert_file.empty() || pair.key_file.empty()) {
    table.refuse("cert and key are wanted both");
  }
  config.more_certificates.push_back(std::move(pair));
}

void read_tls(Config& config, const Value& table) {
  table.table({
      {"cert", [&](const Value& f) { config.tls_cert = f.text(); }},
      {"key", [&](const Value& f) { config.tls_key = f.text(); }},
      {"certificate", [&](const Value& v) { v.each([&](const Value& pair) { read_certificate(config, pair); }); }},
  });
}

void read_document(Config& config, const Value& root) {
  root.table({
      {"hostname", [&](const Value& v) { config.hostname = v.text(); }},
      {"data", [&](const Value& v) { config.data = v.text(); }},
      {"database", [&](const Value& v) { config.database = v.text(); }},
      {"insecure_auth", [&](const Value& v) { config.insecure_auth = v.boolean(); }},
      {"log_level",
       [&](const Value& v) {
         v.choice({"trace", "debug", "info", "warn", "error", "off"});
         config.log_level = v.text();
       }},
      {"loops", [&](const Value& v) { config.loops = v.number(0, 256); }},
      {"listen", [&](const Value& v) { read_listeners(config, v); }},
      {"tls", [&](const Value& v) { read_tls(config, v); }},
      {"limits", [&](const Value& v) { read_limits(config.limits, v); }},
      {"timeouts", [&](const Value& v) { read_timeouts(config.timeouts, v); }},
      {"queue", [&](const Value& v) { read_queue(config.queue, v); }},
      {"routes",
       [&](const Value& v) {
         v.entries([&](std::string_view domain, const Value& route) { read_route(config, domain, route); });
       }},
  });
}

std::string machine_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') {
    return "localhost";
  }
  return name;
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 255) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '.' || c == '_' ||
           static_cast<unsigned char>(c) >= 128;
  });
}

/// The listeners there will be: the activated ones, those configured of other kinds, or the default ones.
void settle_listeners(Config& config) {
  if (config.listeners.empty() && config.activated.empty()) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      config.listeners.push_back({.kind = static_cast<ListenerKind>(i), .host = "*", .port = standard_ports[i]});
    }
  }
  for (const ListenerConfig& replacing : config.activated) {
    std::erase_if(config.listeners, [&](const ListenerConfig& listener) { return listener.kind == replacing.kind; });
  }
}

/// For insecure_auth: passwords without TLS stay on this machine.
void require_loopback(const std::vector<ListenerConfig>& listeners, const std::string& where) {
  for (const ListenerConfig& listener : listeners) {
    if (listener.kind != ListenerKind::smtp && !is_loopback(listener.host)) {
      throw ConfigError(
          where +
          "insecure_auth (--insecure-auth) allows passwords without TLS and therefore only loopback listeners: " +
          to_string(listener) + " is open to the network");
    }
  }
}

}  // namespace

std::string_view to_string(ListenerKind kind) noexcept {
  return kinds[static_cast<std::size_t>(kind)];
}

std::optional<ListenerKind> parse_kind(std::string_view name) noexcept {
  const auto kind = std::find(kinds.begin(), kinds.end(), name);
  if (kind == kinds.end()) {
    return std::nullopt;
  }
  return static_cast<ListenerKind>(kind - kinds.begin());
}

std::string to_string(const ListenerConfig& listener) {
  const bool brackets = listener.host.find(':') != std::string::npos;
  return std::string(to_string(listener.kind)) + "=" + (brackets ? "[" : "") + listener.host + (brackets ? "]" : "") +
         ":" + std::to_string(listener.port);
}

Config parse_config(std::string_view text, const std::string& name) {
  Config config;
  config.file = name;
  try {
    const toml::table root = toml::parse(text, name);
    read_document(config, Value(root, {}, name));
  } catch (const toml::parse_error& error) {
    throw ConfigError(name + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
  return config;
}

Config load_config(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) {
    text << in.rdbuf();
  }
  if (!in) {
    throw ConfigError(file + ": cannot be read: " + std::generic_category().message(errno));
  }
  return parse_config(text.str(), file);
}

void complete(Config& config) {
  const std::string where = config.file.empty() ? "" : config.file + ": ";
  if (config.hostname.empty()) {
    config.hostname = machine_name();
  }
  if (!is_host_name(config.hostname)) {
    throw ConfigError(where + "hostname: '" + printable(config.hostname) +
                      "' is not a host name such as mx.example.org");
  }
  if (config.data.empty()) {
    throw ConfigError(where + "data: the directory must not be empty");
  }
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    throw ConfigError(where + "tls.cert and tls.key are wanted both or not at all");
  }
  if (config.tls_cert.empty() && !config.more_certificates.empty()) {
    throw ConfigError(where +
                      "tls.certificate is for further names: the certificate shown to all others is wanted as " +
                      "tls.cert and tls.key");
  }
  settle_listeners(config);
  if (config.insecure_auth) {
    require_loopback(config.listeners, where);
    require_loopback(config.activated, where);
  }
}

ListenerConfig parse_listener(std::string_view text) {
  const std::size_t equals = text.find('=');
  const auto kind = parse_kind(text.substr(0, equals));
  if (equals == std::string_view::npos || !kind) {
    throw ConfigError("'" + printable(text) +
                      "' is not KIND=ADDR:PORT with KIND one of smtp, submission, submissions, pop3, pop3s");
  }
  return parse_endpoint(*kind, text.substr(equals + 1));
}

void add_route(relay::Routes& routes, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError("'" + printable(text) + "' is not DOMAIN=HOST:PORT");
  }
  routes.set(text.substr(0, equals), relay::parse_route_target(text.substr(equals + 1)));
}

}  // namespace posthouse::server
