#include "posthouse/server/managesieve/managesieve_service.h"

#include <map>

#include "posthouse/managesieve/server/server.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/filters/filter_settings.h"
#include "posthouse/server/house.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/trace.h"
#include "posthouse/server/managesieve/script_backend.h"
#include "posthouse/server/protocol_options.h"
#include "posthouse/server/reloadable.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

const std::vector<ListenerKind> managesieve_listeners = {
    {.name = "managesieve", .port = 4190, .tls = net::Tls::starttls},
};

class ManageSieveHandler final : public Handler {
 public:
  explicit ManageSieveHandler(House& house) : house_(house) {}

  void configure(const Config& config, const ListenerTls& tls) override;
  void serve(Connection& connection) override;

 private:
  House& house_;
  struct Rules {
    managesieve::ServerOptions options{};
    FilterSettings filters{};
  };
  Reloadable<Rules> rules_;
};

void ManageSieveHandler::configure(const Config& config, const ListenerTls& tls) {
  Rules rules{.filters = config.services.of<FilterSettings>()};
  managesieve::ServerOptions& options = rules.options;
  set_common(options, house_, config, tls, managesieve_listeners.front());
  options.timeouts.command = config.services.of<ManageSieveSettings>().inactivity;
  options.max_script = rules.filters.scripts.octets;
  rules_.set(std::move(rules));
}

void ManageSieveHandler::serve(Connection& connection) {
  const auto rules = rules_.get();
  const std::string_view kind = connection.kind.name;
  const net::Address peer = connection.stream.peer_address();
  ScriptBackend backend(*house_.store, *house_.verifier, rules->filters,
                        {house_.log_ins, connection.record, "managesieve"});
  const managesieve::SessionSummary summary =
      managesieve::serve_session(connection.stream, *with_trace(rules->options, kind, peer), backend);
  if (summary.tls_failed && summary.end != managesieve::SessionEnd::stopped) {
    log_tls_failed(kind, peer.to_string(), summary.detail);
  }
  log().log(summary.user.empty() ? spdlog::level::debug : spdlog::level::info,
            "session ended peer={} protocol={} user={} end={} read={} changes={} auth_failures={}", peer.to_string(),
            kind, shown(summary.user), managesieve::to_string(summary.end), summary.read, summary.changes,
            summary.auth_failures);
}

}  // namespace

Service managesieve_service() {
  return {
      .name = "managesieve",
      .listeners = managesieve_listeners,
      .settings = {{"timeouts", "managesieve",
                    [](Config& config, const Value& v) {
                      config.services.of<ManageSieveSettings>().inactivity = v.duration(1s, 24h);
                    }}},
      .busy = "BYE (TRYLATER) \"Too many connections\"\r\n",
      .open = [](House& house) { return std::make_unique<ManageSieveHandler>(house); },
  };
}

}  // namespace posthouse::server
