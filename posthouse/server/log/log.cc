#include "posthouse/server/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>

#include "posthouse/base/text.h"

namespace posthouse::server {

spdlog::logger& log() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("posthouse", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    return made;
  }();
  return *logger;
}

void set_log_level(std::string_view level) {
  log().set_level(spdlog::level::from_str(std::string(level)));
}

std::string shown(std::string_view text) {
  return printable(text, 300);
}

}  // namespace posthouse::server
