#include "posthouse/server/serve.h"

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/posthouse/commands.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "posthouse/base/units.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/error.h"
#include "posthouse/server/relay/relay_settings.h"
#include "posthouse/server/services.h"

namespace posthouse::app {
namespace {

struct ServeOptions {
  std::string config{};
  std::optional<std::string> data{}, database{}, hostname{}, log_level{}, log_format{}, tls_cert{}, tls_key{};
  std::vector<std::string> listen{}, route{};
  bool insecure_auth = false;
  std::optional<std::string> max_message_size{}, retry_initial{}, retry_max{}, expire{};
  std::optional<unsigned> loops{}, max_recipients{}, max_connections{}, max_connections_per_ip{};
};

/// A check for CLI11 out of a function that throws when it does not like the text.
std::function<std::string(const std::string&)> accepted_by(const std::function<void(const std::string&)>& parse) {
  return [parse](const std::string& text) -> std::string {
    try {
      parse(text);
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  };
}

std::chrono::milliseconds duration(const std::string& text) {
  const auto value = parse_duration(text);
  if (!value || value->count() == 0) {
    throw server::Error(server::Errc::config, fmt::format("'{}' is not a time such as 0.2s, 30s, 5m, 4h or 5d", text));
  }
  return *value;
}

std::uint64_t size(const std::string& text) {
  const auto value = parse_size(text);
  if (!value || *value == 0) {
    throw server::Error(server::Errc::config, fmt::format("'{}' is not a size such as 52428800 or 50MiB", text));
  }
  return *value;
}

/// The file, then the flags over it.
server::Config read_config(const ServeOptions& options) {
  const server::ConfigSchema schema = server::config_schema();
  server::Config config = options.config.empty() ? server::Config{} : server::load_config(options.config, schema);
  auto& relay = config.services.of<server::RelaySettings>();
  if (const char* data = std::getenv("POSTHOUSE_DATA"); options.config.empty() && data != nullptr && *data != '\0') {
    config.data = data;
  }
  if (const char* url = std::getenv("POSTHOUSE_DATABASE"); options.config.empty() && url != nullptr) {
    config.database = url;
  }
  if (options.data) {
    config.data = *options.data;
  }
  if (options.database) {
    config.database = *options.database;
  }
  if (options.hostname) {
    config.hostname = *options.hostname;
  }
  if (options.log_level) {
    config.log_level = *options.log_level;
  }
  if (options.log_format) {
    config.log_format = *options.log_format;
  }
  if (options.tls_cert) {
    config.tls_cert = *options.tls_cert;
  }
  if (options.tls_key) {
    config.tls_key = *options.tls_key;
  }
  if (!options.listen.empty()) {
    config.listeners.clear();
  }
  for (const std::string& listener : options.listen) {
    config.listeners.push_back(server::parse_listener(listener, schema));
  }
  for (const std::string& route : options.route) {
    server::add_route(relay.routes, route);
  }
  if (options.insecure_auth) {
    config.insecure_auth = true;
  }
  if (options.max_message_size) {
    config.limits.message_size = size(*options.max_message_size);
  }
  if (options.max_recipients) {
    config.limits.recipients = *options.max_recipients;
  }
  if (options.max_connections) {
    config.limits.connections = *options.max_connections;
  }
  if (options.max_connections_per_ip) {
    config.limits.connections_per_ip = *options.max_connections_per_ip;
  }
  if (options.retry_initial) {
    relay.retry_initial = duration(*options.retry_initial);
  }
  if (options.retry_max) {
    relay.retry_max = duration(*options.retry_max);
  }
  if (options.expire) {
    relay.expire = duration(*options.expire);
  }
  if (options.loops) {
    config.loops = *options.loops;
  }
  return config;
}

void add_flags(CLI::App& command, ServeOptions& options) {
  const server::ConfigSchema schema = server::config_schema();
  const auto listener = accepted_by([schema](const std::string& text) { server::parse_listener(text, schema); });
  const auto route = accepted_by([](const std::string& text) {
    relay::Routes routes;
    server::add_route(routes, text);
  });
  const auto is_duration = accepted_by([](const std::string& text) { duration(text); });
  const auto is_size = accepted_by([](const std::string& text) { size(text); });
  command.add_option("--config", options.config, "TOML file with the settings; flags win over it")->type_name("FILE");
  command
      .add_option("--data", options.data,
                  "Directory of the mail (default: $POSTHOUSE_DATA, else data); made when missing")
      ->type_name("DIR");
  command
      .add_option("--database", options.database,
                  "Database server for the mail, mysql://USER:PASSWORD@HOST:PORT/NAME; large bodies stay in DIR\n"
                  "(default: $POSTHOUSE_DATABASE, else a SQLite file in DIR)")
      ->type_name("URL");
  command.add_option("--hostname", options.hostname, "Name in greetings and Received: fields (default: the machine's)")
      ->type_name("NAME");
  command
      .add_option("--listen", options.listen,
                  fmt::format("Where to listen; may be given several times, then these are all there are.\n"
                              "KIND: {}. ADDR: 127.0.0.1, [::1] or * for all.\n"
                              "Port 0 takes a free one. Default: every kind on its standard port of all addresses",
                              schema.listener_names()))
      ->option_text("KIND=ADDR:PORT")
      ->check(listener);
  command
      .add_option("--route", options.route,
                  "Next hop for a domain instead of its MX; may be given several times; DOMAIN * is all others")
      ->option_text("DOMAIN=HOST:PORT")
      ->check(route);
  command.add_flag("--insecure-auth", options.insecure_auth, "Allow log-in without TLS; on loopback listeners only");
  command.add_option("--tls-cert", options.tls_cert, "PEM certificate chain (default: self-signed, in DIR/tls)")
      ->type_name("FILE");
  command.add_option("--tls-key", options.tls_key, "PEM private key")->type_name("FILE");
  command.add_option("--max-message-size", options.max_message_size, "Octets of a message (default: 50MiB)")
      ->type_name("SIZE")
      ->check(is_size);
  command.add_option("--max-recipients", options.max_recipients, "Recipients of a message (default: 1000)")
      ->check(CLI::Range(1U, 100'000U));
  command.add_option("--max-connections", options.max_connections, "Connections in all (default: 20000)")
      ->check(CLI::Range(1U, 1'000'000U));
  command
      .add_option("--max-connections-per-ip", options.max_connections_per_ip,
                  "From one address but this machine's (default: 50)")
      ->check(CLI::Range(1U, 1'000'000U));
  command
      .add_option("--retry-initial", options.retry_initial,
                  "Wait after a first failed relay, then doubled (default: 1m)")
      ->type_name("TIME")
      ->check(is_duration);
  command.add_option("--retry-max", options.retry_max, "Longest wait between two tries (default: 4h)")
      ->type_name("TIME")
      ->check(is_duration);
  command.add_option("--expire", options.expire, "Time after which the sender is told that it failed (default: 5d)")
      ->type_name("TIME")
      ->check(is_duration);
  command.add_option("--loops", options.loops, "Threads that serve connections (default: one a core)")
      ->check(CLI::Range(1U, 256U));
  command.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off (default: info)")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  command
      .add_option("--log-format", options.log_format,
                  "text, json, journald, or auto: journald where the journal reads it, else text (default)")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"auto", "text", "json", "journald"}));
}

}  // namespace

void add_serve_command(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command = app.add_subcommand("serve", "Run the mail server");
  command->footer(
      "When every listener is bound, one line goes to stdout: ready smtp=127.0.0.1:2525 pop3=127.0.0.1:1110 …\n"
      "The log goes to stderr. SIGTERM and SIGINT end the server, SIGHUP makes it read its configuration again.\n"
      "Try:  posthouse serve --listen smtp=127.0.0.1:2525 --listen pop3=127.0.0.1:1110 --insecure-auth");
  add_flags(*command, *options);
  command->callback([options] { server::serve([options] { return read_config(*options); }); });
}

}  // namespace posthouse::app
