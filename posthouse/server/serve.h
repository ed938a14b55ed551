#pragma once
// The server as a process: signals, the ready line, the service manager.
#include <functional>
#include <string>

#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// Runs a server until SIGTERM or SIGINT and returns then. `read_config` is called at the start and at every SIGHUP;
/// what it returns is completed here (see complete()). At the start its errors pass through, as those of Server::start
/// do; at SIGHUP they are logged and the server goes on as it was.
///
/// When every listener is bound, "ready smtp=127.0.0.1:2525 pop3=127.0.0.1:1110" goes to stdout, kinds in the order
/// given, and READY=1 to the service manager (sd_notify).
void serve(const std::function<Config()>& read_config);

}  // namespace posthouse::server
