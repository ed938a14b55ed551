#include "posthouse/server/log/log_line.h"

#include <algorithm>

#include <boost/json.hpp>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/server/log/log_format.h"

namespace posthouse::server {
namespace {

constexpr std::string_view levels[] = {"trace", "debug", "info", "warning", "error", "critical"};

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || c == '_' || is_digit(c);
}

/// The length of "name=" at the beginning of `text`; 0 when that is not what begins there.
std::size_t field_name_length(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_name_letter);
  const auto length = static_cast<std::size_t>(end - text.begin());
  return length == 0 || length == text.size() || text[length] != '=' ? 0 : length + 1;
}

/// Where the first field begins: behind the start or a blank. npos when there is none.
std::size_t first_field(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (field_name_length(text.substr(at)) != 0) {
      return at;
    }
    const std::size_t blank = text.find(' ', at);
    at = blank == std::string_view::npos ? text.size() : blank + 1;
  }
  return std::string_view::npos;
}

/// Takes a value in quotes off `rest`, which begins with a quote. False when it does not end, or something follows it.
bool take_quoted_value(std::string_view& rest, std::string& value) {
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] != '\\') {
      value.push_back(rest[at]);
      continue;
    }
    if (++at == rest.size()) {
      return false;
    }
    if (rest[at] != 'x') {
      value.push_back(rest[at]);
      continue;
    }
    const int high = at + 2 < rest.size() ? hex_value(rest[at + 1]) : -1;
    const int low = at + 2 < rest.size() ? hex_value(rest[at + 2]) : -1;
    if (high < 0 || low < 0) {
      return false;
    }
    value.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  if (at == rest.size()) {
    return false;
  }
  rest.remove_prefix(at + 1);
  return rest.empty() || rest.front() == ' ';
}

/// Takes "name=value" off `rest`, and the blank behind it.
bool take_field(std::string_view& rest, std::vector<LogField>& fields) {
  const std::size_t name = field_name_length(rest);
  if (name == 0) {
    return false;
  }
  LogField field{.name = std::string(rest.substr(0, name - 1))};
  rest.remove_prefix(name);
  if (rest.starts_with('"')) {
    if (!take_quoted_value(rest, field.value)) {
      return false;
    }
  } else {
    field.value = rest.substr(0, rest.find(' '));
    rest.remove_prefix(field.value.size());
  }
  rest.remove_prefix(rest.empty() ? 0 : 1);
  fields.push_back(std::move(field));
  return true;
}

/// "2026-12-01T10:00:00.123+0000"
bool is_time(std::string_view word) {
  return word.size() >= 19 && is_digit(word[0]) && word[4] == '-' && word[10] == 'T' && word[13] == ':';
}

/// The length of the time that begins a line of syslog, "2026-12-01T10:00:00.123+00:00" or "Dec 01 10:00:00"; else 0.
std::size_t syslog_time_length(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  if (is_time(word)) {
    return word.size();
  }
  constexpr std::size_t old_time = std::string_view("Dec 01 10:00:00").size();
  return line.size() > old_time && line[3] == ' ' && line[6] == ' ' && line[9] == ':' && line[12] == ':' ? old_time : 0;
}

/// Takes off what stands in front of a line that syslog or journalctl shows: a time, which is returned, a host, a process.
/// Nothing else may stand there: a peer's words can hold the process, too, and must not make a line of their own.
std::string_view take_syslog_prefix(std::string_view& text) {
  constexpr std::string_view process = "posthouse[";
  const std::string_view time = text.substr(0, syslog_time_length(text));
  std::string_view rest = text.substr(time.size());
  if (time.empty() || !rest.starts_with(' ')) {
    return {};
  }
  rest.remove_prefix(1);
  take_word(rest);  // the host
  const std::size_t end = rest.find("]: ");
  if (!rest.starts_with(process) || end > process.size() + 20) {
    return {};
  }
  text = rest.substr(end + 3);
  return time;
}

std::string_view text_of(const boost::json::value& value) {
  const boost::json::string* text = value.if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

void add_json_member(LoggedLine& logged, std::string_view name, const boost::json::value& value) {
  if (name == json_time) {
    logged.time = text_of(value);
  } else if (name == json_level) {
    logged.level = text_of(value);
  } else if (name == json_event) {
    logged.line.event = text_of(value);
  } else if (const boost::json::array* several = value.if_array()) {
    for (const boost::json::value& one : *several) {
      logged.line.fields.push_back({std::string(name), std::string(text_of(one))});
    }
  } else {
    logged.line.fields.push_back({std::string(name), std::string(text_of(value))});
  }
}

std::optional<LoggedLine> read_json_line(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  const boost::json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) {
    return std::nullopt;
  }
  LoggedLine logged;
  for (const auto& member : *object) {
    add_json_member(logged, {member.key().data(), member.key().size()}, member.value());
  }
  return logged.line.event.empty() ? std::nullopt : std::optional(std::move(logged));
}

}  // namespace

const std::string* LogLine::find(std::string_view name) const noexcept {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const LogField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &found->value;
}

LogLine parse_log_line(std::string_view text) {
  const std::size_t first = first_field(text);
  if (first == std::string_view::npos) {
    return {.event = std::string(text)};
  }
  LogLine line{.event = std::string(trim(text.substr(0, first)))};
  for (std::string_view rest = text.substr(first); !rest.empty();) {
    if (!take_field(rest, line.fields)) {
      return {.event = std::string(text)};
    }
  }
  return line;
}

std::optional<LoggedLine> read_logged_line(std::string_view text) {
  const std::string_view time = take_syslog_prefix(text);
  if (text.starts_with('{')) {
    return read_json_line(text);
  }
  LoggedLine logged{.time = std::string(time)};
  if (text.size() > 3 && text[0] == '<' && is_digit(text[1]) && text[2] == '>') {
    text.remove_prefix(3);
  }
  std::string_view rest = text;
  if (std::string_view word = take_word(rest); is_time(word)) {
    logged.time = word;
    text = rest;
  }
  rest = text;
  if (std::string_view word = take_word(rest);
      std::find(std::begin(levels), std::end(levels), word) != std::end(levels)) {
    logged.level = word;
    text = rest;
  }
  if (text.empty()) {
    return std::nullopt;
  }
  logged.line = parse_log_line(text);
  return logged;
}

}  // namespace posthouse::server
