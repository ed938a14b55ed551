#include "posthouse/server/log/log.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "posthouse/fiber/time.h"
#include "posthouse/server/log/line_queue.h"
#include "posthouse/server/log/rate.h"

namespace posthouse::server {
namespace {

std::atomic<LogFormat> format_of_log{LogFormat::text};

std::string dropped_notice(std::uint64_t lines) {
  const std::string text = fmt::format("{} lines dropped: whoever reads the log was too slow or gone", lines);
  spdlog::memory_buf_t line;
  make_formatter(format_of_log)->format(spdlog::details::log_msg("posthouse", spdlog::level::warn, text), line);
  return fmt::to_string(line);
}

/// Lives as long as the process: destructors of static objects may write to the log.
LineQueue& queue() {
  static LineQueue& lines = *new LineQueue(STDERR_FILENO, dropped_notice);
  return lines;
}

LineRate& rate() {
  static LineRate& events = *new LineRate;
  return events;
}

class QueueSink final : public spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    queue().push({line.data(), line.size()});
  }
  void flush_() override {}
};

}  // namespace

spdlog::logger& log() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("posthouse", std::make_shared<QueueSink>());
    made->set_formatter(make_formatter(format_of_log));
    return made;
  }();
  return *logger;
}

void set_log_level(std::string_view level) {
  log().set_level(spdlog::level::from_str(std::string(level)));
}

void set_log_format(LogFormat format) {
  format_of_log = format;
  log().set_formatter(make_formatter(format));
}

bool flush_log(std::chrono::milliseconds patience) {
  return queue().flush(patience);
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 300;
  const std::string_view kept = text.substr(0, most);
  const bool plain = !kept.empty() && kept.size() == text.size() && std::all_of(kept.begin(), kept.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '=';
  });
  if (plain) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : kept) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 32 || octet == 127) {
      out += fmt::format("\\x{:02x}", octet);
    } else {
      out.append(c == '"' || c == '\\' ? 1 : 0, '\\').push_back(c);
    }
  }
  return out.append(kept.size() < text.size() ? "…\"" : "\"");
}

std::string sender_shown(std::string_view reverse_path) {
  return reverse_path.empty() ? "<>" : shown(reverse_path);
}

void log_tls_failed(std::string_view protocol, const std::string& peer, std::string_view why) {
  log_bounded(spdlog::level::info, "TLS failed", "peer={} protocol={} error={}", peer, protocol, shown(why));
}

bool may_log(std::string_view event) {
  return rate().take(event, fiber::now());
}

void log_held_back() {
  rate().tell_held_back([](std::string_view event, std::uint64_t lines) {
    log().warn("lines held back event={} lines={}", shown(event), lines);
  });
}

}  // namespace posthouse::server
