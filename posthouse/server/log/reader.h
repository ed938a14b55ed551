#pragma once
// Whoever reads mail, for the log. Private to this module.
#include <string>
#include <string_view>

#include "posthouse/base/error.h"

namespace posthouse::server {

/// Whose session it is.
struct Reader {
  std::string peer{};
  std::string user{};
};

/// Writes a line about what could not be done: `event` is "maildrop trouble", say, `what` the piece of work.
void log_trouble(std::string_view event, const Reader& reader, std::string_view what, const posthouse::Error& error);

}  // namespace posthouse::server
