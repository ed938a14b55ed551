#pragma once
// A line of the log taken apart: "word word key=value key="a value" …". What may stand in one says log.h.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::server {

struct LogField {
  std::string name{};
  std::string value{};

  bool operator==(const LogField&) const = default;
};

/// What one line says. A line that is not of fields ("stopping", a sentence) is an event with none.
struct LogLine {
  std::string event{};  ///< "login failed"
  std::vector<LogField> fields{};

  /// The first value of the field `name`; null when there is none. Valid as long as the line.
  const std::string* find(std::string_view name) const noexcept;
  bool operator==(const LogLine&) const = default;
};

/// Takes apart what is behind time and level. Quoted values lose quotes and backslashes; "\x0d" becomes the octet. Never
/// fails: what cannot be taken apart is an event as a whole. Linear.
LogLine parse_log_line(std::string_view text);

/// A line of a log file.
struct LoggedLine {
  std::string time{};   ///< As it stands there; empty where there is none.
  std::string level{};  ///< "info"; empty where there is none.
  LogLine line{};
};

/// Reads a line as any of the formats of log_format.h writes it, without its line end, and whatever syslog or journalctl
/// put in front ("Dec 01 10:00:00 mail posthouse[77]: …"). Nothing when it is empty or no object of JSON that we write.
std::optional<LoggedLine> read_logged_line(std::string_view text);

}  // namespace posthouse::server
