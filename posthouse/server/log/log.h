#pragma once
// The server's log: lines on stderr, one an event, "word key=value …". Private to this module.
#include <string>
#include <string_view>

#include <spdlog/spdlog.h>

namespace posthouse::server {

/// The one logger.
spdlog::logger& log();

/// "trace", "debug", "info", "warn", "error" or "off".
void set_log_level(std::string_view level);

/// What a peer or a message said, made fit for one line: control characters escaped, cut.
std::string shown(std::string_view text);

}  // namespace posthouse::server
