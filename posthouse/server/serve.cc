#include "posthouse/server/serve.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/signals.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/server/listen/listening.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/notify.h"
#include "posthouse/server/server.h"
#include "posthouse/server/services.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using ReadConfig = std::function<Config()>;

/// `read_config` with what systemd has opened, completed: what is given stays given at every reload.
ReadConfig complete_config(const ReadConfig& read_config, const std::vector<net::ActivatedListener>& given) {
  const ConfigSchema schema = config_schema();
  return [read_config, schema, activated = activated_configs(given, schema)] {
    Config config = read_config();
    config.activated = activated;
    complete(config, schema);
    return config;
  };
}

/// Every connection is a descriptor: take as many as we may have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) {
    return;
  }
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

std::string ready_line(const Server& server) {
  std::string line = "ready";
  for (const auto& [kind, address] : server.addresses()) {
    line.append(" ").append(kind).append("=").append(address.to_string());
  }
  return line;
}

void reload(Server& server, const ReadConfig& read_config) {
  notify_reloading();
  try {
    Config config = read_config();
    set_log_level(config.log_level);
    server.reload(std::move(config));
    log().info("reloaded the configuration");
  } catch (const std::exception& error) {
    log().error("the configuration is left as it was error={}", shown(error.what()));
  }
  notify_service_manager("READY=1");
}

void run_until_told(Server& server, net::Signals& signals, const ReadConfig& read_config) {
  const std::string line = ready_line(server);
  log().info("{}", line);
  std::puts(line.c_str());
  std::fflush(stdout);
  notify_service_manager("READY=1");
  for (int signal = signals.wait(); signal == SIGHUP || signal == 0; signal = signals.wait()) {
    reload(server, read_config);
  }
  notify_service_manager("STOPPING=1");
  log().info("stopping");
  server.stop();
  log().info("stopped");
}

/// Sees to it that the last lines get out before the process ends, if whoever reads the log takes them.
struct LogKept {
  ~LogKept() { (void)flush_log(2s); }
};

}  // namespace

void serve(const std::function<Config()>& read_config) {
  (void)std::signal(SIGPIPE, SIG_IGN);  // whoever reads our output may leave
  const LogKept kept;
  std::vector<net::ActivatedListener> given = net::activated_listeners();  // first of all: it changes the environment
  const ReadConfig read_complete = complete_config(read_config, given);
  Config config = read_complete();
  set_log_level(config.log_level);
  raise_descriptor_limit();
  const unsigned loops = config.loops != 0 ? config.loops : std::max(1U, std::thread::hardware_concurrency());
  net::run(
      [&] {
        net::Signals signals({SIGTERM, SIGINT, SIGHUP});
        Server server(std::move(config));
        server.start(std::move(given));
        run_until_told(server, signals, read_complete);
      },
      {.loops = loops, .dump_signal = SIGUSR1});
}

}  // namespace posthouse::server
