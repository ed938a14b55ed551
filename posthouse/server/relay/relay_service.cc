#include "posthouse/server/relay/relay_service.h"

#include <optional>

#include "posthouse/mailauth/error.h"
#include "posthouse/relay/worker/worker.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/server/authentication/signing_keys.h"
#include "posthouse/server/house.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/relay/event_log.h"
#include "posthouse/server/relay/relay_settings.h"

namespace posthouse::server {
namespace {

/// A report that cannot be signed is sent all the same.
std::string signature_of_report(const SigningKeys& keys, std::string_view message) {
  try {
    return keys.sign(message);
  } catch (const mailauth::Error& error) {
    log_bounded(spdlog::level::err, "cannot sign a report", "error={}", shown(error.what()));
    return {};
  }
}

relay::WorkerOptions worker_options(const Config& config) {
  const auto& settings = config.services.of<RelaySettings>();
  relay::WorkerOptions options;
  options.hostname = config.hostname;
  options.owner = config.hostname;
  options.routes = settings.routes;
  options.retry_initial = settings.retry_initial;
  options.retry_max = settings.retry_max;
  options.expire = settings.expire;
  options.connections = settings.connections;
  options.connections_per_destination = settings.connections_per_destination;
  options.sources = settings.sources;
  options.domains = settings.domains;
  options.hops = config.limits.hops;
  options.stop = config.stop_timeout / 2;
  options.timeouts.connect = settings.connect_timeout;
  options.sign = [keys = std::make_shared<const SigningKeys>(config.services.of<DkimSettings>().keys)](
                     std::string_view message) { return signature_of_report(*keys, message); };
  return options;
}

class RelayHandler final : public Handler {
 public:
  explicit RelayHandler(House& house) : house_(house) {}

  void configure(const Config& config, const ListenerTls&) override {
    if (worker_) {
      worker_->reconfigure(worker_options(config));
      return;
    }
    worker_.emplace(house_.store, worker_options(config), *house_.resolver, log_relay_event);
  }
  void serve(Connection&) override {}
  void run() override { worker_->run(); }
  void stop() noexcept override { worker_->stop(); }

 private:
  House& house_;
  std::optional<relay::Worker> worker_;
};

}  // namespace

Service relay_service() {
  return {
      .name = "relay",
      .settings = relay_settings(),
      .open = [](House& house) { return std::make_unique<RelayHandler>(house); },
  };
}

}  // namespace posthouse::server
