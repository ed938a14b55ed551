#pragma once
// How lines of the log are written.
//
//   text      2026-12-01T10:00:00.123+0000 warning login failed peer=192.0.2.1:4444 protocol=imap …
//   json      {"time":"2026-12-01T10:00:00.123+0000","level":"warning","msg":"login failed","peer":"192.0.2.1:4444",…}
//   journald  <4>login failed peer=192.0.2.1:4444 protocol=imap …
#include <memory>
#include <string_view>

#include <spdlog/formatter.h>

namespace posthouse::server {

enum class LogFormat {
  text,      ///< For people and files.
  json,      ///< One object a line; a field that is there several times is an array. All values are texts.
  journald,  ///< With the priority in front as sd-daemon(3) has it; the journal has the time.
};

/// Members of an object that are not fields of the line.
inline constexpr std::string_view json_time = "time", json_level = "level", json_event = "msg";

/// "text", "json", "journald"; "auto" is journald where the journal of systemd reads standard error, else text.
LogFormat log_format_of(std::string_view name);

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format);

}  // namespace posthouse::server
