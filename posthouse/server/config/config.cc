#include "posthouse/server/config/config.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/sasl/mechanisms.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/error.h"

namespace posthouse::server {
std::vector<NetworkLimit> limits_of_loopback() {
  constexpr unsigned any_number = 1'000'000;
  return {{net::IpNetwork::parse("127.0.0.0/8"), any_number}, {net::IpNetwork::parse("::1"), any_number}};
}

namespace {

using namespace std::chrono_literals;

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
ListenerConfig parse_endpoint(const ListenerKind& kind, std::string_view text) {
  const auto refuse = [&] {
    throw Error(Errc::config, fmt::format("'{}' is not an address to listen on: 127.0.0.1:2525, [::1]:2525 or "
                                          "*:2525 is wanted",
                                          printable(text)));
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
  ListenerConfig listener{.kind = std::string(kind.name), .host = std::string(host)};
  if (listener.host != "*" && !is_ip_literal(listener.host)) {
    refuse();
  }
  const auto number = parse_number<decltype(listener.port)>(port);
  if (!number) {
    refuse();
  }
  listener.port = *number;
  return listener;
}

void read_listeners(Config& config, const ConfigSchema& schema, const Value& listen) {
  listen.entries([&](std::string_view name, const Value& value) {
    const ListenerKind* kind = schema.find_listener(name);
    if (kind == nullptr) {
      value.refuse("unknown kind of listener; known: " + schema.listener_names());
    }
    value.each([&](const Value& address) {
      const std::string text = address.text();
      try {
        config.listeners.push_back(parse_endpoint(*kind, text));
      } catch (const Error& error) {
        address.refuse(error.what());
      }
    });
  });
}

/// What a table of the file may hold: `keys`, and what services add to it under the name `table`.
std::vector<Key> with_settings(std::string_view table, std::vector<Key> keys, Config& config,
                               const ConfigSchema& schema) {
  for (const Setting& setting : schema.settings) {
    if (setting.table == table) {
      keys.push_back({setting.key, [&config, &setting](const Value& v) { setting.read(config, v); }});
    }
  }
  return keys;
}

void read_network_limit(Limits& limits, std::string_view name, const Value& value) {
  const std::optional<net::IpNetwork> network = net::IpNetwork::try_parse(name);
  if (!network) {
    value.refuse("the name is no network, such as 192.0.2.0/24 or 2001:db8::/32 (bits behind the prefix are 0)");
  }
  limits.connections_from.push_back({*network, value.number(1, 1'000'000)});
}

void read_limits(Config& config, const ConfigSchema& schema, const Value& table) {
  Limits& limits = config.limits;
  const std::vector<Key> keys = {
      {"free_space", [&](const Value& v) { limits.free_space = v.size(0, 1ULL << 50); }},
      {"message_size", [&](const Value& v) { limits.message_size = v.size(64 << 10, 1ULL << 31); }},
      {"quota", [&](const Value& v) { limits.quota = v.size(0, 1ULL << 50); }},
      {"quota_messages", [&](const Value& v) { limits.quota_messages = v.whole(0, 1'000'000'000'000); }},
      {"recipients", [&](const Value& v) { limits.recipients = v.number(1, 100'000); }},
      {"connections", [&](const Value& v) { limits.connections = v.number(1, 1'000'000); }},
      {"connections_per_ip", [&](const Value& v) { limits.connections_per_ip = v.number(1, 1'000'000); }},
      {"connections_from",
       [&](const Value& v) {
         v.entries([&](std::string_view name, const Value& one) { read_network_limit(limits, name, one); });
       }},
      {"login_penalty", [&](const Value& v) { limits.login_penalty = v.duration(0ms, 5min); }},
      {"hops", [&](const Value& v) { limits.hops = v.number(5, 1000); }},
  };
  table.table(with_settings("limits", keys, config, schema));
}

void read_timeouts(Config& config, const ConfigSchema& schema, const Value& table) {
  const std::vector<Key> keys = {
      {"stop", [&](const Value& v) { config.stop_timeout = v.duration(100ms, 1min); }},
  };
  table.table(with_settings("timeouts", keys, config, schema));
}

std::string read_node_address(const Value& value, bool of_all) {
  std::string text = value.text();
  const auto address = net::Address::try_parse(text);
  if (!address || !address->is_ip() || (address->is_any() && !of_all) || (address->port() == 0 && !of_all)) {
    value.refuse("an address with a port is wanted, such as 192.0.2.1:7190 or [2001:db8::1]:7190");
  }
  return text;
}

void read_changes(Config& config, const Value& table) {
  constexpr std::size_t shortest_secret = 16;
  ChangeSettings& changes = config.changes;
  table.table({{"poll", [&](const Value& v) { changes.poll = v.duration(0ms, 1h); }},
               {"listen", [&](const Value& v) { changes.listen = read_node_address(v, true); }},
               {"peers",
                [&](const Value& v) {
                  v.each([&](const Value& one) { changes.peers.push_back(read_node_address(one, false)); });
                }},
               {"secret", [&](const Value& v) { changes.secret = v.text(); }}});
  if ((!changes.listen.empty() || !changes.peers.empty()) && changes.secret.size() < shortest_secret) {
    table.refuse("with listen or peers a secret of 16 octets or more is wanted, the same on all nodes");
  }
}

std::vector<std::string> read_mechanisms(const Value& list) {
  std::vector<std::string> names;
  list.each([&](const Value& one) {
    std::string name = to_upper(one.text());
    if (!sasl::is_mechanism(name)) {
      one.refuse("unknown mechanism; known: " + sasl::mechanism_names(", "));
    }
    names.push_back(std::move(name));
  });
  return names;
}

void read_login(Config& config, const ConfigSchema& schema, const Value& table) {
  LoginConfig& login = config.login;
  const std::vector<Key> keys = {
      {"scram", [&](const Value& v) { login.scram = static_cast<ScramUse>(v.choice({"off", "prepare", "on"})); }},
      {"client_ca", [&](const Value& v) { login.client_ca = v.text(); }},
      {"mechanisms", [&](const Value& v) { login.mechanisms = read_mechanisms(v); }},
      {"mechanisms_at",
       [&](const Value& v) {
         v.entries([&](std::string_view name, const Value& list) {
           const ListenerKind* kind = schema.find_listener(name);
           if (kind == nullptr || !kind->passwords) {
             list.refuse("no kind of listener where people log in");
           }
           login.mechanisms_at[std::string(name)] = read_mechanisms(list);
         });
       }},
  };
  table.table(with_settings("login", keys, config, schema));
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

void read_document(Config& config, const ConfigSchema& schema, const Value& root) {
  const std::vector<Key> keys = {
      {"hostname", [&](const Value& v) { config.hostname = v.text(); }},
      {"data", [&](const Value& v) { config.data = v.text(); }},
      {"database", [&](const Value& v) { config.database = v.text(); }},
      {"resolver", [&](const Value& v) { config.resolver = read_node_address(v, false); }},
      {"insecure_auth", [&](const Value& v) { config.insecure_auth = v.boolean(); }},
      {"log_level",
       [&](const Value& v) {
         v.choice({"trace", "debug", "info", "warn", "error", "off"});
         config.log_level = v.text();
       }},
      {"log_format",
       [&](const Value& v) {
         v.choice({"auto", "text", "json", "journald"});
         config.log_format = v.text();
       }},
      {"loops", [&](const Value& v) { config.loops = v.number(0, 256); }},
      {"listen", [&](const Value& v) { read_listeners(config, schema, v); }},
      {"tls", [&](const Value& v) { read_tls(config, v); }},
      {"login", [&](const Value& v) { read_login(config, schema, v); }},
      {"limits", [&](const Value& v) { read_limits(config, schema, v); }},
      {"timeouts", [&](const Value& v) { read_timeouts(config, schema, v); }},
      {"changes", [&](const Value& v) { read_changes(config, v); }},
  };
  root.table(with_settings("", keys, config, schema));
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
void settle_listeners(Config& config, const ConfigSchema& schema) {
  if (config.listeners.empty() && config.activated.empty()) {
    for (const ListenerKind& kind : schema.listeners) {
      config.listeners.push_back({.kind = std::string(kind.name), .host = "*", .port = kind.port});
    }
  }
  for (const ListenerConfig& replacing : config.activated) {
    std::erase_if(config.listeners, [&](const ListenerConfig& listener) { return listener.kind == replacing.kind; });
  }
}

void check_listeners(const Config& config, const std::vector<ListenerConfig>& listeners, const ConfigSchema& schema,
                     const std::string& where) {
  for (const ListenerConfig& listener : listeners) {
    const ListenerKind* kind = schema.find_listener(listener.kind);
    if (kind == nullptr) {
      throw Error(Errc::config, fmt::format("{}'{}' is no kind of listener; known: {}", where, printable(listener.kind),
                                            schema.listener_names()));
    }
    if (config.insecure_auth && kind->passwords && !is_loopback(listener.host)) {
      throw Error(Errc::config,
                  fmt::format("{}insecure_auth (--insecure-auth) allows passwords without TLS and therefore only "
                              "loopback listeners: {} is open to the network",
                              where, to_string(listener)));
    }
  }
}

}  // namespace

std::string to_string(const ListenerConfig& listener) {
  const bool brackets = listener.host.find(':') != std::string::npos;
  return fmt::format("{}={}{}{}:{}", listener.kind, brackets ? "[" : "", listener.host, brackets ? "]" : "",
                     listener.port);
}

Config parse_config(std::string_view text, const std::string& name, const ConfigSchema& schema) {
  Config config;
  config.file = name;
  try {
    const toml::table root = toml::parse(text, name);
    read_document(config, schema, Value(root, {}, name));
  } catch (const toml::parse_error& error) {
    throw Error(Errc::config, fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
  return config;
}

Config load_config(const std::string& file, const ConfigSchema& schema) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) {
    text << in.rdbuf();
  }
  if (!in) {
    throw Error(Errc::config, file + ": cannot be read: " + std::generic_category().message(errno));
  }
  return parse_config(text.str(), file, schema);
}

void complete(Config& config, const ConfigSchema& schema) {
  const std::string where = config.file.empty() ? "" : config.file + ": ";
  if (config.hostname.empty()) {
    config.hostname = machine_name();
  }
  if (!is_host_name(config.hostname)) {
    throw Error(Errc::config, fmt::format("{}hostname: '{}' is not a host name such as mx.example.org", where,
                                          printable(config.hostname)));
  }
  if (config.data.empty()) {
    throw Error(Errc::config, where + "data: the directory must not be empty");
  }
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    throw Error(Errc::config, where + "tls.cert and tls.key are wanted both or not at all");
  }
  if (config.tls_cert.empty() && !config.more_certificates.empty()) {
    throw Error(Errc::config, where +
                                  "tls.certificate is for further names: the certificate shown to all others is "
                                  "wanted as tls.cert and tls.key");
  }
  settle_listeners(config, schema);
  check_listeners(config, config.listeners, schema, where);
  check_listeners(config, config.activated, schema, where);
  for (const auto& complete_service : schema.complete) {
    complete_service(config);
  }
}

ListenerConfig parse_listener(std::string_view text, const ConfigSchema& schema) {
  const std::size_t equals = text.find('=');
  const ListenerKind* kind = schema.find_listener(text.substr(0, equals));
  if (equals == std::string_view::npos || kind == nullptr) {
    throw Error(Errc::config, fmt::format("'{}' is not KIND=ADDR:PORT with KIND one of {}", printable(text),
                                          schema.listener_names()));
  }
  return parse_endpoint(*kind, text.substr(equals + 1));
}

}  // namespace posthouse::server
