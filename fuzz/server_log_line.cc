// Lines of a log, which hold what peers have said, as arbitrary octets.
//
// What must hold: what is shown as a value is read as that value and nothing else; every format of a line is read back as
// the same event and fields.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"
#include <spdlog/details/log_msg.h>

#include "posthouse/base/utf8.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/log_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthouse;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)server::read_logged_line(input);
  (void)server::parse_log_line(input);
  if (size > 300) {
    return 0;  // shown() cuts it
  }
  const server::LogLine expected{.event = "refused recipient",
                                 .fields = {{"to", std::string(input)}, {"reply", "550"}}};
  const std::string text = "refused recipient to=" + server::shown(input) + " reply=550";
  fuzz::check(server::parse_log_line(text) == expected);
  for (const auto format : {server::LogFormat::text, server::LogFormat::json, server::LogFormat::journald}) {
    spdlog::memory_buf_t out;
    server::make_formatter(format)->format(spdlog::details::log_msg("posthouse", spdlog::level::info, text), out);
    const std::string_view line(out.data(), out.size());
    fuzz::check(line.ends_with('\n') && line.find('\n') == line.size() - 1);
    const auto logged = server::read_logged_line(line.substr(0, line.size() - 1));
    fuzz::check(logged.has_value() && logged->line.fields.size() == 2);
    fuzz::check(format == server::LogFormat::json ? logged->line.fields[0].value == repair_utf8(input)
                                                  : logged->line == expected);
  }
  return 0;
}
