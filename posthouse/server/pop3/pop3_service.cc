#include "posthouse/server/pop3/pop3_service.h"

#include <map>

#include "posthouse/pop3/server/server.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/house.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/trace.h"
#include "posthouse/server/pop3/pop3_backend.h"
#include "posthouse/server/protocol_options.h"
#include "posthouse/server/reloadable.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

const std::vector<ListenerKind> pop3_listeners = {
    {.name = "pop3", .port = 110, .tls = net::Tls::starttls},
    {.name = "pop3s", .port = 995, .tls = net::Tls::implicit},
};

class Pop3Handler final : public Handler {
 public:
  explicit Pop3Handler(House& house) : house_(house), backend_(*house.store, *house.views, *house.verifier) {}

  void configure(const Config& config, const ListenerTls& tls) override;
  void serve(Connection& connection) override;

 private:
  using Rules = std::map<std::string_view, pop3::ServerOptions>;  // by kind of listener

  House& house_;
  Pop3Backend backend_;
  Reloadable<Rules> rules_;
};

void Pop3Handler::configure(const Config& config, const ListenerTls& tls) {
  const auto& settings = config.services.of<Pop3Settings>();
  Rules rules;
  for (const ListenerKind& kind : pop3_listeners) {
    pop3::ServerOptions& options = rules[kind.name];
    set_common(options, house_, config, tls, kind);
    options.timeouts.command = settings.inactivity;
    options.expire = settings.expire;
    options.login_delay = settings.login_delay;
  }
  backend_.set_login_delay(settings.login_delay);
  rules_.set(std::move(rules));
}

void Pop3Handler::serve(Connection& connection) {
  const auto rules = rules_.get();
  const std::string_view kind = connection.kind.name;
  const net::Address peer = connection.stream.peer_address();
  Pop3SessionBackend backend(backend_, {house_.log_ins, connection.record, "pop3"});
  const pop3::SessionSummary summary =
      pop3::serve_session(connection.stream, *with_trace(rules->at(kind), kind, peer), backend);
  if (summary.tls_failed && summary.end != pop3::SessionEnd::stopped) {
    log_tls_failed(kind, peer.to_string(), summary.detail);
  }
  log().log(summary.user.empty() ? spdlog::level::debug : spdlog::level::info,
            "session ended peer={} protocol={} user={} end={} retrieved={} octets={} removed={} auth_failures={}",
            peer.to_string(), kind, shown(summary.user), pop3::to_string(summary.end), summary.retrieved,
            summary.octets, summary.removed, summary.auth_failures);
}

void read_pop3(Config& config, const Value& table) {
  Pop3Settings& settings = config.services.of<Pop3Settings>();
  table.table({
      {"expire",
       [&](const Value& v) {
         settings.expire = std::nullopt;
         if (const std::uint64_t days = v.whole(0, 36500); days != 0) {
           settings.expire = std::chrono::days(days);
         }
       }},
      {"login_delay",
       [&](const Value& v) {
         settings.login_delay = std::chrono::duration_cast<std::chrono::seconds>(v.duration(0s, 24h));
       }},
  });
}

}  // namespace

Service pop3_service() {
  return {
      .name = "pop3",
      .listeners = pop3_listeners,
      .settings = {{"timeouts", "pop3",
                    [](Config& config, const Value& v) {
                      config.services.of<Pop3Settings>().inactivity = v.duration(1s, 24h);
                    }},
                   {"", "pop3", read_pop3}},
      .busy = "-ERR [SYS/TEMP] Too many connections\r\n",
      .open = [](House& house) { return std::make_unique<Pop3Handler>(house); },
  };
}

}  // namespace posthouse::server
