#include "posthouse/relay/tls_reports/reporter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/delivery/delivery.h"
#include "posthouse/fiber/random.h"
#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/relay/tls_reports/counts.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;

constexpr auto between_flushes = 1min;
constexpr auto between_rounds = 1h;
constexpr auto patience_with_dns = std::chrono::days(3);
/// RFC 8460 section 4.1: reports of all senders should not come at midnight.
constexpr std::uint64_t most_minutes_after_midnight = 240;

std::chrono::sys_days today(queue::Moment now) {
  return std::chrono::floor<std::chrono::days>(now);
}

/// The letter's way: into a mailbox of the house, or out.
delivery::Destinations way_to(store::Store& store, const std::string& address) {
  delivery::Destinations to;
  const store::Resolution resolution = store.accounts().resolve(address);
  if (resolution.status == store::Resolution::Status::ok) {
    to.add_local(resolution, address);
  } else if (resolution.status == store::Resolution::Status::no_such_domain && !queue::domain_of(address).empty()) {
    to.add_remote(address);
  }
  return to;
}

}  // namespace

mailauth::TlsReport tls_report_of(const std::vector<CountedSessions>& counted, const TlsReporterOptions& options,
                                  const std::string& id) {
  mailauth::TlsReport report{.organization = options.organization,
                             .contact = options.contact,
                             .report_id = id,
                             .begin = counted.front().day,
                             .end = counted.front().day + std::chrono::days(1) - std::chrono::seconds(1)};
  using Policy = std::tuple<PolicyKind, std::vector<std::string>, std::vector<std::string>>;
  std::map<Policy, mailauth::TlsPolicyResult> policies;
  for (const CountedSessions& each : counted) {
    const TlsSession& session = each.session;
    mailauth::TlsPolicyResult& result = policies[{session.policy, session.policy_lines, session.mx_patterns}];
    result.type = to_string(session.policy);
    result.domain = session.domain;
    result.policy = session.policy_lines;
    result.mx_patterns = session.mx_patterns;
    if (session.failure.empty()) {
      result.succeeded += each.count;
      continue;
    }
    result.failed += each.count;
    result.failures.push_back({.type = session.failure,
                               .sending_ip = session.local_address,
                               .mx = session.host,
                               .receiving_ip = session.address,
                               .sessions = each.count,
                               .reason = session.reason});
  }
  for (auto& [policy, result] : policies) {
    report.policies.push_back(std::move(result));
  }
  return report;
}

struct TlsReporter::State {
  std::shared_ptr<store::Store> store;
  net::Resolver& resolver;
  const TlsReporterOptions options;
  const std::function<queue::Moment()> clock;
  const std::chrono::minutes after_midnight{net::random_below(most_minutes_after_midnight)};
  TlsCounts counts{};
  net::Event stopped{};

  void trouble(const std::string& text) const {
    if (options.on_trouble) {
      options.on_trouble(text);
    }
  }
  /// Nothing when nobody can say.
  std::optional<std::vector<std::string>> uris_of(const std::string& domain) const;
  bool send(const ReportDue& due, const std::vector<std::string>& uris) const;
  std::vector<std::pair<delivery::Letter, delivery::Destinations>> letters(const mailauth::TlsReport& report,
                                                                           const std::string& domain,
                                                                           const std::vector<std::string>& uris) const;
  void post(const mailauth::TlsReport& report, const std::vector<std::string>& uris) const;
};

std::optional<std::vector<std::string>> TlsReporter::State::uris_of(const std::string& domain) const {
  try {
    return mailauth::tls_report_uris(resolver.txt("_smtp._tls." + domain, options.dns_patience).records);
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    if (error.errc() == net::Errc::name_not_found && !error.retryable()) {
      return std::vector<std::string>();
    }
    return std::nullopt;
  }
}

std::vector<std::pair<delivery::Letter, delivery::Destinations>> TlsReporter::State::letters(
    const mailauth::TlsReport& report, const std::string& domain, const std::vector<std::string>& uris) const {
  const std::string submitter = queue::domain_of(options.from);
  std::vector<std::pair<delivery::Letter, delivery::Destinations>> found;
  for (const std::string& uri : uris) {
    const std::string address = mailauth::address_of_mailto(uri);
    delivery::Destinations to = address.empty() ? delivery::Destinations() : way_to(*store, address);
    if (to.empty()) {
      continue;
    }
    const std::string text = mailauth::tls_report_message(report, submitter, domain, options.from, address);
    store::BodyWriter body = store->new_body();
    body.append(text);
    found.emplace_back(delivery::Letter{.body = body.finish(),
                                        .reverse_path = options.from,
                                        .smtputf8 = !is_ascii(address) || !is_ascii(options.from),
                                        .eight_bit = !is_ascii(text),
                                        .prefix = options.sign ? options.sign(text) : std::string(),
                                        .expires_at = clock() + options.expire},
                       std::move(to));
  }
  return found;
}

void TlsReporter::State::post(const mailauth::TlsReport& report, const std::vector<std::string>& uris) const {
  for (const std::string& uri : uris) {
    if (!options.post || !istarts_with(uri, "https:")) {
      continue;
    }
    try {
      options.post(uri, mailauth::gzip(mailauth::write_tls_report(report)));
    } catch (const posthouse::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      trouble("a TLS report could not be handed to " + printable(uri) + ": " + error.what());
    }
  }
}

/// What is reported is forgotten in the transaction that queues the mails: so each report goes once, whoever sends it.
bool TlsReporter::State::send(const ReportDue& due, const std::vector<std::string>& uris) const {
  const auto counted = store->read([&](store::Read& read) { return sessions_of(store::own_tables(read), due); });
  if (counted.empty()) {
    return false;
  }
  const std::string domain = queue::domain_of(options.from);
  const mailauth::TlsReport report = tls_report_of(counted, options, net::random_hex(12) + '@' + domain);
  const auto mails = letters(report, due.domain, uris);
  const bool ours = store->write([&](store::Write& write) {
    if (!remove_sessions(store::own_tables(write), due)) {
      return false;
    }
    for (const auto& [letter, to] : mails) {
      delivery::deliver(write, letter, to, clock());
    }
    return true;
  });
  if (ours) {
    post(report, uris);
  }
  return ours && !uris.empty();
}

TlsReporter::TlsReporter(std::shared_ptr<store::Store> store, net::Resolver& resolver, TlsReporterOptions options,
                         std::function<queue::Moment()> clock)
    : state_(new State{.store = std::move(store),
                       .resolver = resolver,
                       .options = std::move(options),
                       .clock = clock ? std::move(clock) : queue::moment_now}) {}

TlsReporter::~TlsReporter() = default;

void TlsReporter::count(const TlsSession& session) noexcept {
  try {
    state_->counts.add(session, today(state_->clock()));
  } catch (const std::bad_alloc&) {  // it goes uncounted
  }
}

void TlsReporter::flush() {
  const std::vector<CountedSessions> counted = state_->counts.take();
  if (counted.empty()) {
    return;
  }
  try {
    state_->store->write([&](store::Write& write) { add_sessions(store::own_tables(write), counted); });
  } catch (...) {
    for (const CountedSessions& each : counted) {
      state_->counts.add(each.session, each.day, each.count);
    }
    throw;
  }
}

std::size_t TlsReporter::send_due() {
  constexpr std::size_t page = 100;
  const std::chrono::sys_days day = today(state_->clock());
  std::size_t sent = 0;
  ReportDue last;
  for (;;) {
    const auto due =
        state_->store->read([&](store::Read& read) { return reports_due(store::own_tables(read), day, last, page); });
    for (const ReportDue& each : due) {
      last = each;
      auto uris = state_->uris_of(each.domain);
      if (!uris && day - each.day <= patience_with_dns) {
        continue;
      }
      sent += state_->send(each, uris.value_or(std::vector<std::string>())) ? 1 : 0;
    }
    if (due.size() < page) {
      return sent;
    }
  }
}

/// What was counted since; also when the fiber is canceled, which is how a server ends it.
void TlsReporter::finish() {
  const net::Shield shield;
  try {
    flush();
  } catch (const posthouse::Error& error) {
    state_->trouble(std::string("TLS reports: ") + error.what());
  }
}

void TlsReporter::turn(net::TimePoint& next_round) {
  try {
    flush();
    const queue::Moment now = state_->clock();
    if (net::now() >= next_round && now - today(now) >= state_->after_midnight) {
      next_round = net::now() + between_rounds;
      send_due();
    }
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    state_->trouble(std::string("TLS reports: ") + error.what());
  }
}

void TlsReporter::run() {
  net::TimePoint next_round = net::now();
  try {
    while (!state_->stopped.wait(net::Deadline(between_flushes))) {
      turn(next_round);
    }
  } catch (const posthouse::Error&) {
    finish();
    throw;
  }
  finish();
}

void TlsReporter::stop() noexcept {
  state_->stopped.set();
}

}  // namespace posthouse::relay
