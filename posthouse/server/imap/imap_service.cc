#include "posthouse/server/imap/imap_service.h"

#include <map>

#include "posthouse/base/text.h"
#include "posthouse/imap/server/server.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/house.h"
#include "posthouse/server/imap/imap_backend.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/trace.h"
#include "posthouse/server/protocol_options.h"
#include "posthouse/server/reloadable.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

const std::vector<ListenerKind> imap_listeners = {
    {.name = "imap", .port = 143, .tls = net::Tls::starttls},
    {.name = "imaps", .port = 993, .tls = net::Tls::implicit},
};

class ImapHandler final : public Handler {
 public:
  explicit ImapHandler(House& house)
      : house_(house), backend_(*house.store, *house.views, *house.search, *house.verifier) {
    backend_.commons().elsewhere = &house.elsewhere;
  }

  void configure(const Config& config, const ListenerTls& tls) override;
  void serve(Connection& connection) override;

 private:
  using Rules = std::map<std::string_view, imap::ServerOptions>;  // by kind of listener

  House& house_;
  ImapBackend backend_;
  Reloadable<Rules> rules_;
};

void ImapHandler::configure(const Config& config, const ListenerTls& tls) {
  const auto& settings = config.services.of<ImapSettings>();
  Rules rules;
  for (const ListenerKind& kind : imap_listeners) {
    imap::ServerOptions& options = rules[kind.name];
    set_common(options, house_, config, tls, kind);
    options.disabled = settings.disabled;
    for (const ImapSettings::Exception& exception : settings.exceptions) {
      options.exceptions.push_back(
          {.user = exception.user, .client = exception.client, .disabled = exception.disabled});
    }
    options.message_limit = settings.message_limit;
    options.timeouts.command = settings.inactivity;
  }
  rules_.set(std::move(rules));
  backend_.commons().message_size = config.limits.message_size;
  backend_.commons().free_space = config.limits.free_space_wanted();
}

void ImapHandler::serve(Connection& connection) {
  const auto rules = rules_.get();
  const std::string_view kind = connection.kind.name;
  const net::Address peer = connection.stream.peer_address();
  ImapSessionBackend backend(backend_, {house_.log_ins, connection.record, "imap"});
  const imap::SessionSummary summary =
      imap::serve_session(connection.stream, *with_trace(rules->at(kind), kind, peer), backend);
  if (summary.tls_failed && summary.end != imap::SessionEnd::stopped) {
    log_tls_failed(kind, peer.to_string(), summary.detail);
  }
  log().log(summary.user.empty() ? spdlog::level::debug : spdlog::level::info,
            "session ended peer={} protocol={} user={} client={} end={} commands={} bodies={} octets={} appended={} "
            "expunged={} auth_failures={}",
            peer.to_string(), kind, shown(summary.user), shown(summary.client), imap::to_string(summary.end),
            summary.commands, summary.bodies, summary.octets, summary.appended, summary.expunged,
            summary.auth_failures);
}

std::vector<std::string> read_names(const Value& value) {
  std::vector<std::string> names;
  value.each([&](const Value& one) { names.push_back(to_upper(one.text())); });
  return names;
}

ImapSettings::Exception read_exception(const Value& table) {
  ImapSettings::Exception exception;
  table.table({{"user", [&](const Value& v) { exception.user = v.text(); }},
               {"client", [&](const Value& v) { exception.client = v.text(); }},
               {"disabled_capabilities", [&](const Value& v) { exception.disabled = read_names(v); }}});
  if (exception.user.empty() && exception.client.empty()) {
    table.refuse("user or client is wanted, or both");
  }
  return exception;
}

void read_imap(Config& config, const Value& table) {
  ImapSettings& settings = config.services.of<ImapSettings>();
  table.table({{"disabled_capabilities", [&](const Value& v) { settings.disabled = read_names(v); }},
               {"message_limit", [&](const Value& v) { settings.message_limit = v.number(0, 4'294'967'295); }},
               {"exception", [&](const Value& v) {
                  settings.exceptions.clear();
                  v.each([&](const Value& one) { settings.exceptions.push_back(read_exception(one)); });
                }}});
}

}  // namespace

Service imap_service() {
  return {
      .name = "imap",
      .listeners = imap_listeners,
      .settings = {{"", "imap", read_imap},
                   {"timeouts", "imap",
                    [](Config& config, const Value& v) {
                      config.services.of<ImapSettings>().inactivity = v.duration(1s, 24h);
                    }}},
      .busy = "* BYE [UNAVAILABLE] Too many connections; try again later\r\n",
      .open = [](House& house) { return std::make_unique<ImapHandler>(house); },
  };
}

}  // namespace posthouse::server
