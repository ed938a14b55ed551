#include "posthouse/server/log/reader.h"

#include "posthouse/server/log/log.h"

namespace posthouse::server {

void log_trouble(std::string_view event, const Reader& reader, std::string_view what, const posthouse::Error& error) {
  log_bounded(spdlog::level::err, event, "peer={} user={} with={} error={}", reader.peer, shown(reader.user), what,
              shown(error.what()));
}

}  // namespace posthouse::server
