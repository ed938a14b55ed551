#pragma once
// TLS reports (RFC 8460): what became of the sessions with a domain's hosts is counted, and told to the domain once a day.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/reports/tls_report.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/fiber.h"
#include "posthouse/queue/rows.h"
#include "posthouse/relay/tls_reports/rows.h"
#include "posthouse/store/store.h"

namespace posthouse::relay {

struct TlsReporterOptions {
  std::string organization{};  ///< Who reports.
  std::string contact{};       ///< How to reach them: an address or a URL.
  std::string from{};          ///< The author of the mails; they are signed by its domain.
  /// The fields that sign a mail, as in WorkerOptions::sign.
  std::function<std::string(std::string_view message)> sign{};
  /// Hands a report, compressed, to an "https:" URI. Throws posthouse::Error when that fails. Empty: such URIs are passed over.
  std::function<void(const std::string& uri, const std::string& octets)> post{};
  std::chrono::milliseconds dns_patience = std::chrono::seconds(30);
  std::chrono::milliseconds expire = std::chrono::days(2);  ///< Of the mails.
  /// Told of what goes wrong, in a sentence; may be empty.
  std::function<void(const std::string& text)> on_trouble{};
};

/// The report for `domain` on the day of `counted`, which is not empty. Sessions under one policy are together, and of those
/// that failed alike there is one entry.
mailauth::TlsReport tls_report_of(const std::vector<CountedSessions>& counted, const TlsReporterOptions& options,
                                  const std::string& id);

/// Counts and reports. Several on one database send each report once.
class TlsReporter {
 public:
  /// `resolver` must outlive it. `clock` is the time of day; null: that of the system.
  TlsReporter(std::shared_ptr<store::Store> store, net::Resolver& resolver, TlsReporterOptions options,
              std::function<queue::Moment()> clock = {});
  TlsReporter(const TlsReporter&) = delete;
  TlsReporter& operator=(const TlsReporter&) = delete;
  ~TlsReporter();

  /// For TlsRules::on_session. From any thread; does not wait.
  void count(const TlsSession& session) noexcept;

  /// Writes what was counted down every minute, sends reports of days that are over, from some time after midnight (UTC) on;
  /// until stop() or cancellation, after which what was counted is written down once more.
  void run();
  /// From any thread.
  void stop() noexcept;

  /// Writes down what was counted. Throws what the store throws; then it is counted still.
  void flush();
  /// Sends what is due of the days before today. Returns how many reports were handed over. A domain that wants none is
  /// forgotten; one whose DNS does not answer is asked again later, for three days.
  std::size_t send_due();

 private:
  void turn(net::TimePoint& next_round);
  void finish();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::relay
