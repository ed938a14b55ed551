#include "posthouse/server/relay/relay_service.h"

#include <optional>

#include "posthouse/fiber/time.h"
#include "posthouse/http/client/client.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mta_sts/store_cache.h"
#include "posthouse/relay/tls_reports/reporter.h"
#include "posthouse/relay/worker/worker.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/server/authentication/signing_keys.h"
#include "posthouse/server/house.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/relay/event_log.h"
#include "posthouse/server/relay/outbound_tls_settings.h"
#include "posthouse/server/relay/relay_settings.h"
#include "posthouse/server/relay/sender_rewriting.h"
#include "posthouse/server/relay/sts_policies.h"

namespace posthouse::server {
namespace {

std::function<std::string(std::string_view)> signing(const Config& config) {
  return [keys = std::make_shared<const SigningKeys>(config.services.of<DkimSettings>().keys)](
             std::string_view message) { return sign_or_log(*keys, message); };
}

relay::TlsRules tls_rules(const Config& config) {
  const auto& settings = config.services.of<OutboundTlsSettings>();
  relay::TlsRules rules;
  rules.dane = settings.dane;
  rules.ca_file = settings.ca;
  return rules;
}

/// RFC 8460 section 5.4.
void post_report(const std::string& uri, const std::string& octets) {
  const http::Response answer =
      http::post(uri, octets, "application/tlsrpt+gzip", {.timeout = std::chrono::seconds(30)});
  if (!answer.ok()) {
    throw posthouse::Error("the answer was " + std::to_string(answer.status));
  }
}

relay::TlsReporterOptions report_options(const Config& config) {
  const auto& settings = config.services.of<TlsReportSettings>();
  relay::TlsReporterOptions options;
  options.from = settings.from.empty() ? "tls-reports@" + config.hostname : settings.from;
  options.organization = settings.organization.empty() ? config.hostname : settings.organization;
  options.contact = settings.contact.empty() ? options.from : settings.contact;
  options.sign = signing(config);
  options.post = post_report;
  options.on_trouble = [](const std::string& text) {
    log_bounded(spdlog::level::warn, "trouble with TLS reports", "error={}", shown(text));
  };
  return options;
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
  options.delay_notice = settings.delay_notice;
  options.reports_per_sender = settings.reports_per_sender;
  options.connections = settings.connections;
  options.connections_per_destination = settings.connections_per_destination;
  options.sources = settings.sources;
  options.domains = settings.domains;
  options.hops = config.limits.hops;
  options.stop = config.stop_timeout / 2;
  options.timeouts.connect = settings.connect_timeout;
  options.sign = signing(config);
  if (const auto srs = sender_rewriter(config)) {
    options.original_sender = [srs](std::string_view sender) {
      return srs->original(sender, std::chrono::floor<std::chrono::days>(net::wall_now()));
    };
  }
  return options;
}

class RelayHandler final : public Handler {
 public:
  explicit RelayHandler(House& house) : house_(house) {}

  void configure(const Config& config, const ListenerTls&) override {
    relay::WorkerOptions options = worker_options(config);
    options.tls = tls_rules(config);
    if (!sts_) {
      sts_.emplace(*house_.resolver, std::make_unique<mta_sts::StoreCache>(house_.store));
    }
    if (config.services.of<OutboundTlsSettings>().mta_sts) {
      options.tls.find_sts = sts_->finder();
    }
    if (!worker_ && config.services.of<TlsReportSettings>().send) {
      reporter_.emplace(house_.store, *house_.resolver, report_options(config));
    }
    options.tls.on_session = [this](const relay::TlsSession& session) {
      log_tls_session(session);
      if (reporter_) {
        reporter_->count(session);
      }
    };
    if (worker_) {
      worker_->reconfigure(std::move(options));
      return;
    }
    worker_.emplace(house_.store, std::move(options), *house_.resolver, log_relay_event);
  }
  void serve(Connection&) override {}
  void run() override {
    net::Scope reporting;
    if (reporter_) {
      reporting.spawn([this] { reporter_->run(); }, "TLS reports");
    }
    reporting.spawn([this] { sts_->run(); }, "MTA-STS");
    worker_->run();
    sts_->stop();
    if (reporter_) {
      reporter_->stop();  // what the last sessions came to is written down
    }
    reporting.join();
  }
  void stop() noexcept override { worker_->stop(); }

 private:
  House& house_;
  std::optional<StsPolicies> sts_;
  std::optional<relay::TlsReporter> reporter_;  // before the worker, which tells it of sessions
  std::optional<relay::Worker> worker_;
};

}  // namespace

Service relay_service() {
  std::vector<Setting> settings = relay_settings();
  for (Setting& setting : outbound_tls_settings()) {
    settings.push_back(std::move(setting));
  }
  return {
      .name = "relay",
      .settings = std::move(settings),
      .open = [](House& house) { return std::make_unique<RelayHandler>(house); },
  };
}

}  // namespace posthouse::server
