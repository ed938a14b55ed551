#include "posthouse/server/serve.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/ranges.h>
#include <malloc.h>
#include <sys/resource.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/signals.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/server/listen/listening.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/notify.h"
#include "posthouse/server/server.h"
#include "posthouse/server/services.h"
#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/store.h"

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

/// Left alone, the allocator keeps ever larger blocks for later, once some have been freed: the lists of a few large
/// maildrops would stay in each thread's memory.
void give_back_memory() {
#ifdef M_MMAP_THRESHOLD
  constexpr int own_mapping = 512 * 1024;  // octets from which on a block is given back as soon as it is freed
  (void)mallopt(M_MMAP_THRESHOLD, own_mapping);
#endif
}

std::string ready_line(const Server& server) {
  std::string line = "ready";
  for (const auto& [kind, address] : server.addresses()) {
    line.append(" ").append(kind).append("=").append(address.to_string());
  }
  return line;
}

void set_up_log(const Config& config) {
  set_log_format(log_format_of(config.log_format));
  set_log_level(config.log_level);
}

void reload(Server& server, const ReadConfig& read_config) {
  notify_reloading();
  try {
    Config config = read_config();
    set_up_log(config);
    const auto waiting = server.reload(std::move(config));
    log().info("reloaded the configuration");
    if (!waiting.empty()) {
      log().warn("changed, and wants a restart: {}", fmt::join(waiting, ", "));
    }
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

/// Opens the store; a database server that cannot be reached is waited for, however long. False when the server is told to
/// end meanwhile.
bool open_when_there(Server& server, net::Signals& signals) {
  constexpr auto pause = std::chrono::seconds(5);
  constexpr unsigned told_every = 12;
  for (unsigned attempt = 0;; ++attempt) {
    try {
      server.open();
      return true;
    } catch (const store::Error& error) {
      if (error.errc() != store::Errc::database) {
        throw;
      }
      if (attempt % told_every == 0) {
        log().warn("waiting for the database error={}", shown(error.what()));
      }
      notify_service_manager("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=waiting for the database");
    }
    const int signal = signals.wait(pause);
    if (signal == SIGTERM || signal == SIGINT) {
      return false;
    }
  }
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
  set_up_log(config);
  raise_descriptor_limit();
  give_back_memory();
  const std::size_t readers = store::StoreOptions{.database = config.database}.most_readers();
  const unsigned loops = config.loops != 0 ? config.loops : std::max(1U, std::thread::hardware_concurrency());
  net::run(
      [&] {
        net::Signals signals({SIGTERM, SIGINT, SIGHUP});
        Server server(std::move(config));
        if (!open_when_there(server, signals)) {
          return;
        }
        server.start(std::move(given));
        run_until_told(server, signals, read_complete);
      },
      // Passwords are hashed on threads for blocking calls, and must not take those that read the database.
      {.loops = loops,
       .blocking_threads = static_cast<unsigned>(readers + store::Accounts::verifications()),
       .dump_signal = SIGUSR1});
}

}  // namespace posthouse::server
