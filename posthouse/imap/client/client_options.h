#pragma once
// How an IMAP client connects, and what it accepts.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/imap/wire/response/response.h"
#include "posthouse/imap/wire/response/response_reader.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/net/tls/tls_mode.h"

namespace posthouse::imap {

using net::Tls;

/// What a server tells unasked: Exists, Expunge, Vanished, Fetch (flags that somebody changed), MailboxStatus, and a
/// Status with an ALERT, among others.
///
///     if (const auto* exists = std::get_if<imap::response::Exists>(&event)) …
using Event = response::Data;

/// How long a client waits.
struct ClientTimeouts {
  net::Duration connect = std::chrono::seconds(30);  ///< For the connection, TLS and the greeting.
  net::Duration answer = std::chrono::minutes(2);    ///< For each piece of an answer.
  /// How long one IDLE lasts before it is begun anew; RFC 2177 wants less than 29 minutes.
  net::Duration idle = std::chrono::minutes(28);
  net::Duration poll = std::chrono::minutes(1);  ///< Between two NOOPs, where the server has no IDLE.
};

/// How a client connects and what it accepts.
struct ClientOptions {
  Tls tls = Tls::implicit;  ///< Never falls back to less (RFC 8314).
  /// Certificates are verified unless this says otherwise. Clients with equal ones share one context
  /// (net::shared_client_context), so sessions with a server are resumed.
  net::TlsClientOptions tls_options{};
  std::optional<net::TlsContext> tls_context{};  ///< Used in place of `tls_options`.
  bool insecure_auth = false;                    ///< Allows log-in without TLS.
  /// What is enabled after log-in (RFC 5161), of it what the server offers. CONDSTORE and QRESYNC make
  /// changes_since() quick; with UTF8=ACCEPT or IMAP4rev2 names of mailboxes and headers come in UTF-8.
  std::vector<std::string> enable = {"CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4rev2"};
  /// Compresses what is said after log-in, both ways, where the server can (COMPRESS=DEFLATE, RFC 4978): for slow lines. An
  /// attacker who hears how much is said may guess at what, where he also has a part in it.
  bool compress = false;
  /// Who this client is ({"name", "posthouse"}): told after log-in by ID (RFC 2971), where the server knows that. Empty:
  /// nothing is told.
  std::vector<std::pair<std::string, std::optional<std::string>>> id{};
  ResponseLimits limits{};                             ///< Of one response; more is Errc::too_large.
  std::uint64_t max_message = std::uint64_t{1} << 30;  ///< Octets of a message that is streamed; likewise.
  /// Octets of an answer that is returned as a whole; likewise.
  std::uint64_t max_answer = std::uint64_t{256} * 1024 * 1024;
  /// Entries of an answer that is returned as a whole, and responses to one command that it did not ask for; likewise.
  std::size_t max_entries = 1'000'000;
  std::size_t max_events = 10'000;  ///< Events kept for events() and idle(). More are lost, which events_lost() tells.
  std::uint64_t max_event_octets = 16 * 1024 * 1024;  ///< Octets of these events on the wire; likewise.
  ClientTimeouts timeouts{};
  net::Trace trace{};  ///< Sees the dialogue, secrets masked, messages summed up.
  /// Is told of each event as it comes, within the call that reads it; then none is kept for events() and idle(). Must
  /// not call the client.
  std::function<void(const Event& event)> listener{};
};

}  // namespace posthouse::imap
