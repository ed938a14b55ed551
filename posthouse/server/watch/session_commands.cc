#include "posthouse/server/watch/session_commands.h"

#include <chrono>
#include <string>

#include <fmt/format.h>

#include "posthouse/base/number.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

template <class Duration>
std::string in_seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

ControlRecord record_of(const SessionShown& session) {
  ControlRecord record;
  record.add("id", std::to_string(session.id))
      .add("protocol", session.protocol)
      .add("peer", session.peer.to_string())
      .add("user", session.facts.user)
      .add("client", session.facts.client)
      .add("tls", session.facts.tls)
      .add("since", in_seconds(session.since.time_since_epoch()))
      .add("idle", in_seconds(session.idle))
      .add("state", session.busy ? "transaction" : session.facts.state);
  return record;
}

}  // namespace

void add_session_commands(ControlSocket& control, Connections& connections) {
  control.add("sessions", [&connections](const ControlSocket::Arguments&, const ControlSocket::Item& item) {
    for (const SessionShown& session : connections.list()) {
      item(record_of(session));
    }
  });
  control.add("end", [&connections](const ControlSocket::Arguments& arguments, const ControlSocket::Item&) {
    for (const std::string_view text : arguments) {
      const auto id = parse_number<std::uint64_t>(text);
      if (!id || !connections.end(*id)) {
        throw ControlRefusal(fmt::format("there is no session {}", text));
      }
      log().info("session to be ended id={}", *id);
    }
  });
}

}  // namespace posthouse::server
