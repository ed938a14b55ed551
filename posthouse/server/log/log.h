#pragma once
// The server's log: lines on stderr, one an event, "word key=value …". Private to this module.
//
// Whoever logs never waits for whoever reads the log (LineQueue). A value that came from outside goes through shown(),
// so that nobody can forge a field; where a line tells of a peer, that is its first field.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "posthouse/server/log/log_format.h"

namespace posthouse::server {

/// The one logger.
spdlog::logger& log();

/// "trace", "debug", "info", "warn", "error" or "off".
void set_log_level(std::string_view level);

/// How lines are written from now on; text until then.
void set_log_format(LogFormat format);

/// Waits until what was logged is written, at most `patience`. False when something is still waiting.
bool flush_log(std::chrono::milliseconds patience);

/// What a peer or a message said, as the value of a field: in double quotes unless it is of plain letters, digits and
/// signs only (no blank, "=", quote or backslash). Control octets are \xHH, quotes and backslashes stand behind a
/// backslash. Cut after 300 octets with "…".
std::string shown(std::string_view text);

/// The sender of a letter as the value of a field; <> for the null one.
std::string sender_shown(std::string_view reverse_path);

/// True when a line about `event` may be logged; else it is counted, and log_held_back() tells (see LineRate). `event`
/// is a literal.
bool may_log(std::string_view event);

/// Logs "EVENT FIELDS" for what strangers can cause without end: at a bounded rate for each event, a literal.
template <class... Args>
void log_bounded(spdlog::level::level_enum level, std::string_view event, fmt::format_string<Args...> fields,
                 Args&&... args) {
  if (log().should_log(level) && may_log(event)) {
    log().log(level, "{} {}", event, fmt::format(fields, std::forward<Args>(args)...));
  }
}

/// Logs that a TLS handshake with `peer` failed, and why.
void log_tls_failed(std::string_view protocol, const std::string& peer, std::string_view why);

/// Logs how many lines of each event were held back since the last time.
void log_held_back();

}  // namespace posthouse::server
