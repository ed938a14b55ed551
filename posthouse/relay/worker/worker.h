#pragma once
// The worker that empties the outbound queue (RFC 5321 section 4.5.4): claims what is due, hands it to the next hosts,
// writes down what became of it, tells senders of failures.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/queue/rows.h"
#include "posthouse/relay/next_hop.h"
#include "posthouse/relay/route.h"
#include "posthouse/relay/tls/rules.h"
#include "posthouse/smtp/client/client.h"
#include "posthouse/store/store.h"

namespace posthouse::relay {

/// Something an operator may want to read of.
struct Event {
  enum class Kind {
    relayed,    ///< The next host has taken responsibility.
    deferred,   ///< It will be tried again at `next_attempt_at`.
    failed,     ///< It will not be tried again.
    reported,   ///< The sender has been told; `recipient` is the sender.
    silent,     ///< The sender was not told: there have been too many reports; `recipient` is the sender.
    unwritten,  ///< The next host has taken it, which could not be written down before the end: it will be sent again.
    lost,       ///< The lease was gone when the outcome was to be written down: another worker may send it again.
    reclaimed,  ///< A lease had run out, or the last run ended by a crash: this may be a second delivery.
    trouble,    ///< The queue itself cannot work: `text` says why.
  };
  Kind kind = Kind::trouble;
  std::int64_t recipient_id = 0;
  std::int64_t message_id = 0;
  std::string reverse_path{};
  std::string recipient{};
  std::string host{};      ///< The next host; empty when there was none.
  std::string address{};   ///< Its address.
  std::string tls{};       ///< "TLSv1.3"; empty for none.
  std::string verified{};  ///< By what the host's certificate was verified: "dane", "authorities"; empty for nothing.
  std::string status{};    ///< Enhanced status code.
  std::string text{};      ///< The host's reply, or our reason.
  bool expired = false;    ///< It failed because its time was up.
  unsigned attempts = 0;   ///< This one included.
  queue::Moment next_attempt_at{};
  std::chrono::milliseconds took{};  ///< From the connection's readiness to the reply; with connecting for the first.
};

/// The name of `kind` for a log: "relayed".
const char* to_string(Event::Kind kind) noexcept;

/// What is other than usual for one recipient domain.
struct DomainRules {
  std::optional<std::chrono::milliseconds> retry_initial{}, retry_max{};
  std::optional<std::chrono::milliseconds> expire{};  ///< From when it was queued; never later than for all others.
  std::optional<unsigned> connections{};              ///< At most, where the domain has no route.
};

struct WorkerOptions {
  std::string hostname = "localhost";  ///< Said in EHLO; the reporter of failures.
  std::string owner = "worker";        ///< Name of this worker in leases; no two that run at the same time share one.
  Routes routes{};
  std::chrono::milliseconds retry_initial = std::chrono::minutes(1);
  std::chrono::milliseconds retry_max = std::chrono::hours(4);
  std::chrono::milliseconds expire = std::chrono::days(5);  ///< For the reports it sends itself.
  unsigned connections = 50;
  /// At most. A destination begins with fewer, gets more as it takes mail, and fewer again when it pushes back.
  unsigned connections_per_destination = 5;
  std::map<std::string, DomainRules, std::less<>> domains{};  ///< By domain, in the spelling of queue::domain_of.
  Sources sources{};
  unsigned hops = 50;  ///< Received: fields in a message that is not passed on any more.
  std::chrono::milliseconds lease = std::chrono::minutes(5);   ///< Renewed while it is needed.
  std::chrono::milliseconds poll = std::chrono::seconds(3);    ///< How soon changes by other processes are seen.
  std::chrono::milliseconds linger = std::chrono::seconds(2);  ///< How long an idle connection is kept for more mail.
  std::chrono::milliseconds stop = std::chrono::seconds(4);    ///< For deliveries under way when it is stopped.
  /// How long a failure may wait for those of other recipients of its letter that are being tried: one report tells all.
  std::chrono::milliseconds gather = std::chrono::minutes(1);
  /// The sender of a letter that is not delivered after this time is told so, once for each recipient; 0: never.
  std::chrono::milliseconds delay_notice = std::chrono::hours(4);
  unsigned reports_per_sender = 200;  ///< In an hour; further ones are not sent but told as events. 0: any number.
  std::size_t batch = 20;             ///< Recipients claimed at a time.
  std::size_t messages_per_connection = 200;
  smtp::ClientTimeouts timeouts{};
  /// The fields that sign a report, a whole message, each with its line end; may park, and throw Error.
  std::function<std::string(std::string_view message)> sign{};
  /// Who is behind a sender of this house that stands for another one (mail::Srs): gets its reports. Nothing for other senders.
  std::function<std::optional<std::string>(std::string_view sender)> original_sender{};

  TlsRules tls{};  ///< How connections are protected.
};

/// What a worker does; for tests and statistics.
struct WorkerStatistics {
  std::uint64_t relayed = 0;
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
  std::uint64_t lost = 0;
  std::uint64_t reclaimed = 0;
  std::uint64_t connections = 0;  ///< Sessions opened.
};

/// One worker on one store: takes up what is queued through that store as soon as it is durable, and looks for what is due
/// besides. Several may work on the same database, each under its own owner name.
///
///     queue::Worker worker(store, options, resolver, [](const queue::Event& event) { … });
///     scope.spawn([&] { worker.run(); });
class Worker {
 public:
  /// `resolver` must outlive the worker. `on_event` is called from any loop and must not throw. `clock` is the time of
  /// day that rows are due by; null: net::wall_now().
  Worker(std::shared_ptr<store::Store> store, WorkerOptions options, net::Resolver& resolver,
         std::function<void(const Event&)> on_event, std::function<queue::Moment()> clock = {});
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Works until stop(), on all loops when it is called in a fiber. Begins by releasing the leases an earlier run has
  /// left under the same owner name. When it is canceled, deliveries are broken off; their leases are left to run out.
  void run();

  /// Looks for what is due now. From any thread.
  void wake();

  /// From now on by these rules (hostname and owner stay). From any thread.
  void reconfigure(WorkerOptions options);

  /// Lets deliveries under way end (at most options.stop), then run() returns. Does not wait. From any thread.
  void stop() noexcept;

  WorkerStatistics statistics() const;

  class Core;

 private:
  std::unique_ptr<Core> core_;
};

/// How long to wait after attempt number `attempt` (from 1): `initial` doubled each time up to `most`, by chance 20 %
/// less or more, so that what failed together does not come back together. `chance` is from 0 to 1.
std::chrono::milliseconds retry_delay(std::chrono::milliseconds initial, std::chrono::milliseconds most,
                                      unsigned attempt, double chance) noexcept;

}  // namespace posthouse::relay
