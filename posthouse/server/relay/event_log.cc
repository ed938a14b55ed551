#include "posthouse/server/relay/event_log.h"

#include "posthouse/queue/rows.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {

void log_relay_event(const relay::Event& event) {
  using Kind = relay::Event::Kind;
  const auto level = event.kind == Kind::trouble ? spdlog::level::err
                     : event.kind == Kind::lost || event.kind == Kind::reclaimed || event.kind == Kind::unwritten
                         ? spdlog::level::warn
                         : spdlog::level::info;
  if (!log().should_log(level) || (event.kind == Kind::trouble && !may_log("trouble of the queue"))) {
    return;
  }
  std::string line = relay::to_string(event.kind);
  const auto add = [&line](const char* name, const std::string& value) {
    if (!value.empty()) {
      line.append(" ").append(name).append("=").append(shown(value));
    }
  };
  if (event.recipient_id != 0) {
    add("recipient_id", std::to_string(event.recipient_id));
  }
  if (event.message_id != 0) {
    add("message", std::to_string(event.message_id));
  }
  if (!event.recipient.empty()) {
    line.append(" from=").append(sender_shown(event.reverse_path));
  }
  add("to", event.recipient);
  add("host", event.host);
  add("address", event.address);
  if (event.kind == Kind::relayed) {
    add("tls", event.tls.empty() ? "none" : event.tls);
    add("verified", event.verified);
  }
  add("status", event.status);
  if (event.expired) {
    add("reason", "expired");
  }
  if (event.attempts != 0) {
    add("attempts", std::to_string(event.attempts));
  }
  if (event.kind == Kind::deferred) {
    add("next",
        std::to_string(
            std::chrono::duration_cast<std::chrono::seconds>(event.next_attempt_at - queue::moment_now()).count()) +
            "s");
  }
  if (event.attempts != 0) {
    add("ms", std::to_string(event.took.count()));
  }
  if (!event.text.empty()) {
    add(event.kind == Kind::trouble ? "error" : "reply", event.text);
  }
  log().log(level, "{}", line);
}

void log_tls_session(const relay::TlsSession& session) noexcept {
  const bool usual = session.policy == relay::PolicyKind::none && session.failure == "starttls-not-supported";
  if (session.failure.empty() || usual) {
    return;
  }
  try {
    log_bounded(spdlog::level::info, "outbound tls failed",
                "domain={} host={} address={} policy={} failure={} reason={}", shown(session.domain),
                shown(session.host), shown(session.address), relay::to_string(session.policy), session.failure,
                shown(session.reason));
  } catch (const std::exception&) {  // the log is full, or memory is
  }
}

}  // namespace posthouse::server
