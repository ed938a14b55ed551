#include "posthouse/server/smtp/smtp_service.h"

#include <map>
#include <string>
#include <utility>

#include "posthouse/server/addresses/address_settings.h"
#include "posthouse/server/authentication/authentication_settings.h"
#include "posthouse/server/config/value.h"
#include "posthouse/server/house.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/trace.h"
#include "posthouse/server/machine.h"
#include "posthouse/server/milters/milter_settings.h"
#include "posthouse/server/protocol_options.h"
#include "posthouse/server/relay/relay_settings.h"
#include "posthouse/server/relay/sender_rewriting.h"
#include "posthouse/server/reloadable.h"
#include "posthouse/server/smtp/hand_in_socket.h"
#include "posthouse/server/smtp/smtp_backend.h"
#include "posthouse/server/smtp/submitter.h"
#include "posthouse/smtp/server/server.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

const std::vector<ListenerKind> smtp_listeners = {
    {.name = "smtp", .port = 25, .tls = net::Tls::starttls, .passwords = false},
    {.name = "submission", .port = 587, .tls = net::Tls::starttls},
    {.name = "submissions", .port = 465, .tls = net::Tls::implicit},
};

void log_session(std::string_view kind, const net::Address& peer, const smtp::SessionSummary& summary) {
  if (summary.tls_failed && summary.end != smtp::SessionEnd::stopped) {
    log_tls_failed(kind, peer.to_string(), summary.detail);
  }
  const bool notable = summary.end == smtp::SessionEnd::refused || summary.errors != 0 || summary.auth_failures != 0;
  log().log(
      notable ? spdlog::level::info : spdlog::level::debug,
      "session ended peer={} protocol={} end={} messages={} commands={} errors={} refusals={} auth_failures={}{}{}",
      peer.to_string(), kind, smtp::to_string(summary.end), summary.messages, summary.commands, summary.errors,
      summary.refusals, summary.auth_failures,
      summary.detail.empty() ? "" : " detail=", summary.detail.empty() ? "" : shown(summary.detail));
}

void read_submission(Config& config, const Value& table) {
  SmtpSettings& settings = config.services.of<SmtpSettings>();
  table.table({{"mend_line_ends", [&](const Value& v) { settings.mend_line_ends = v.boolean(); }}});
}

void read_sieve(Config& config, const Value& table) {
  FilterSettings& settings = config.services.of<FilterSettings>();
  table.table({{"enabled", [&](const Value& v) { settings.enabled = v.boolean(); }},
               {"script_size", [&](const Value& v) { settings.scripts.octets = v.size(1024, 1024 * 1024); }},
               {"scripts", [&](const Value& v) { settings.scripts.scripts = v.number(1, 1000); }},
               {"redirects", [&](const Value& v) { settings.redirects = v.number(0, 32); }},
               {"vacation_least", [&](const Value& v) {
                  settings.vacation_least = std::chrono::floor<std::chrono::seconds>(v.duration(1s, 24h * 90));
                }}});
}

class SmtpHandler final : public Handler {
 public:
  explicit SmtpHandler(House& house) : house_(house), visits_(house.hostname) {}

  void configure(const Config& config, const ListenerTls& tls) override;
  void serve(Connection& connection) override;
  void run() override;
  void stop() noexcept override { hand_in_.close(); }

 private:
  struct Rules {
    IntakeRules intake{};
    std::map<std::string_view, smtp::ServerOptions> options{};  // by kind of listener
    LocalSettings local{};
  };

  void open_hand_in(const Config& config);
  void serve_local(net::Stream& stream, std::uint32_t uid);

  House& house_;
  const Visits visits_;
  HandInSocket hand_in_;
  bool hand_in_opened_ = false;
  HourlyCount sent_;
  const std::shared_ptr<mailauth::KeyCache> keys_ = std::make_shared<mailauth::KeyCache>();
  ScriptShelf shelf_;
  Reloadable<Rules> rules_;
};

void SmtpHandler::configure(const Config& config, const ListenerTls& tls) {
  const auto& settings = config.services.of<SmtpSettings>();
  Rules rules{
      .intake = IntakeRules{.hops = config.limits.hops,
                            .expire = config.services.of<RelaySettings>().expire,
                            .free_space = config.limits.free_space_wanted(),
                            .refuse_own_senders = settings.refuse_own_senders,
                            .screening = ScreeningRules{.settings = config.services.of<AuthenticationSettings>(),
                                                        .resolver = house_.resolver,
                                                        .keys = keys_},
                            .signing = std::make_shared<SigningKeys>(config.services.of<DkimSettings>().keys),
                            .filters = config.services.of<FilterSettings>(),
                            .shelf = &shelf_,
                            .srs = sender_rewriter(config),
                            .relay_domains =
                                std::make_shared<const RelayDomains>(config.services.of<RelaySettings>().relay_domains),
                            .judging = config.services.of<JudgeSettings>(),
                            .milters = config.services.of<MilterSettings>(),
                            .addresses = config.services.of<AddressSettings>(),
                            .trusted = config.services.of<TrustedNetworks>(),
                            .sent = &sent_},
      .local = config.services.of<LocalSettings>()};
  house_.store->accounts().set_address_rules(
      {.separators = rules.intake.addresses.separators, .operator_address = rules.intake.addresses.operator_address});
  for (const ListenerKind& kind : smtp_listeners) {
    smtp::ServerOptions& options = rules.options[kind.name];
    set_common(options, house_, config, tls, kind);
    options.kind = kind.passwords ? smtp::Kind::submission : smtp::Kind::mx;
    options.mend_line_ends = settings.mend_line_ends;
    options.max_message_size = config.limits.message_size;
    options.max_recipients = config.limits.recipients;
    options.offers = {.require_tls = true, .priority = true};
    options.soft_errors = settings.soft_errors;
    options.max_errors = settings.errors;
    options.timeouts.command = settings.command;
    options.timeouts.data_block = settings.data;
    options.timeouts.stop = config.stop_timeout / 2;
  }
  rules_.set(std::move(rules));
  open_hand_in(config);
}

/// When the server starts. Mail is served without it, too.
void SmtpHandler::open_hand_in(const Config& config) {
  if (std::exchange(hand_in_opened_, true)) {
    return;
  }
  try {
    hand_in_.open(config.services.of<LocalSettings>(), config.data);
  } catch (const std::exception& error) {
    log().warn("programs of this machine cannot hand in letters error={}", shown(error.what()));
  }
}

void SmtpHandler::run() {
  hand_in_.serve([this](net::Stream& stream, std::uint32_t uid) { serve_local(stream, uid); });
}

void SmtpHandler::serve_local(net::Stream& stream, std::uint32_t uid) {
  const auto rules = rules_.get();
  const net::Address peer = stream.peer_address();
  std::string domain;
  const Submitter user = net::blocking([&] {
    domain = own_domain(house_.hostname, [&](const std::string& one) { return house_.directory->is_local("@" + one); });
    return local_user(rules->local, uid);
  });
  smtp::ServerOptions options = rules->options.at("submission");
  options.tls.reset();
  options.user = user.name + "@" + house_.hostname;
  options.more_keywords = {"XDOMAIN " + domain};
  std::atomic<bool> busy{false};
  SmtpBackend backend(house_, rules->intake, visits_, busy, nullptr, &user);
  const smtp::SessionSummary summary = smtp::serve_session(stream, *with_trace(options, "local", peer), backend);
  log_session("local", peer, summary);
}

void SmtpHandler::serve(Connection& connection) {
  const auto rules = rules_.get();
  const std::string_view kind = connection.kind.name;
  const net::Address peer = connection.stream.peer_address();
  SessionTeller teller(house_.log_ins, connection.record, "smtp");
  SmtpBackend backend(house_, rules->intake, visits_, connection.busy, &teller);
  const smtp::ServerOptions& options = rules->options.at(kind);
  const smtp::SessionSummary summary =
      smtp::serve_session(connection.stream, *with_trace(options, kind, peer), backend);
  log_session(kind, peer, summary);
}

}  // namespace

Service smtp_service() {
  Service service = {
      .name = "smtp",
      .listeners = smtp_listeners,
      .settings =
          {{"", "submission", read_submission},
           {"", "sieve", read_sieve},
           {"", "smtp",
            [](Config& config, const Value& v) {
              v.table({{"own_senders", [&](const Value& f) {
                          config.services.of<SmtpSettings>().refuse_own_senders = f.choice({"accept", "refuse"}) == 1;
                        }}});
            }},
           {"limits", "soft_errors",
            [](Config& config, const Value& v) {
              config.services.of<SmtpSettings>().soft_errors = v.number(0, 10'000);
            }},
           {"limits", "errors",
            [](Config& config, const Value& v) { config.services.of<SmtpSettings>().errors = v.number(1, 10'000); }},
           {"timeouts", "command",
            [](Config& config, const Value& v) { config.services.of<SmtpSettings>().command = v.duration(1s, 24h); }},
           {"timeouts", "data",
            [](Config& config, const Value& v) { config.services.of<SmtpSettings>().data = v.duration(1s, 24h); }}},
      .busy = "421 4.7.0 Too many connections; try again later\r\n",
      .complete = load_signing_keys,
      .open = [](House& house) { return std::make_unique<SmtpHandler>(house); },
  };
  const std::vector<Setting> authentication = authentication_settings();
  service.settings.insert(service.settings.end(), authentication.begin(), authentication.end());
  const std::vector<Setting> judging = judge_settings();
  service.settings.insert(service.settings.end(), judging.begin(), judging.end());
  const std::vector<Setting> addresses = address_settings();
  service.settings.insert(service.settings.end(), addresses.begin(), addresses.end());
  const std::vector<Setting> submitters = submitter_settings();
  service.settings.insert(service.settings.end(), submitters.begin(), submitters.end());
  const std::vector<Setting> milters = milter_settings();
  service.settings.insert(service.settings.end(), milters.begin(), milters.end());
  return service;
}

}  // namespace posthouse::server
