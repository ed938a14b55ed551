#include "posthouse/server/log/log_format.h"

#include <cstdlib>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/utf8.h"
#include "posthouse/server/log/log_line.h"

namespace posthouse::server {
namespace {

constexpr const char* time_pattern = "%Y-%m-%dT%H:%M:%S.%e%z";

/// True when standard error is the stream that $JOURNAL_STREAM names (systemd.exec(5)), by device and inode.
bool journal_reads_us() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

/// The number of syslog(3) for a level.
char priority_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return '2';
    case spdlog::level::err:
      return '3';
    case spdlog::level::warn:
      return '4';
    case spdlog::level::info:
      return '6';
    default:
      return '7';
  }
}

class JournaldFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    fmt::format_to(std::back_inserter(out), "<{}>{}\n", priority_of(message.level),
                   std::string_view(message.payload.data(), message.payload.size()));
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JournaldFormatter>(); }
};

/// JSON is Unicode: what is not UTF-8 is U+FFFD.
boost::json::string json_text(std::string_view text) {
  const std::string repaired = repair_utf8(text);
  return boost::json::string(repaired.data(), repaired.size());
}

void add_member(boost::json::object& object, const LogField& field) {
  const auto [member, added] = object.emplace(field.name, json_text(field.value));
  if (added) {
    return;
  }
  if (!member->value().is_array()) {
    boost::json::array several;
    several.push_back(std::move(member->value()));
    member->value() = std::move(several);
  }
  member->value().get_array().push_back(json_text(field.value));
}

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const LogLine line = parse_log_line({message.payload.data(), message.payload.size()});
    spdlog::memory_buf_t time;
    time_.format(message, time);
    const auto level = spdlog::level::to_string_view(message.level);
    boost::json::object object;
    object.emplace(json_time, json_text({time.data(), time.size()}));
    object.emplace(json_level, json_text({level.data(), level.size()}));
    object.emplace(json_event, json_text(line.event));
    for (const LogField& field : line.fields) {
      add_member(object, field);
    }
    const std::string text = boost::json::serialize(object);
    out.append(text.data(), text.data() + text.size());
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }

 private:
  spdlog::pattern_formatter time_{time_pattern, spdlog::pattern_time_type::local, ""};
};

}  // namespace

LogFormat log_format_of(std::string_view name) {
  if (name == "auto") {
    return journal_reads_us() ? LogFormat::journald : LogFormat::text;
  }
  return name == "json" ? LogFormat::json : name == "journald" ? LogFormat::journald : LogFormat::text;
}

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
  switch (format) {
    case LogFormat::json:
      return std::make_unique<JsonFormatter>();
    case LogFormat::journald:
      return std::make_unique<JournaldFormatter>();
    case LogFormat::text:
      break;
  }
  return std::make_unique<spdlog::pattern_formatter>(fmt::format("{} %^%l%$ %v", time_pattern));
}

}  // namespace posthouse::server
