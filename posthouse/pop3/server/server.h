#pragma once
// The server side of POP3: RFC 1939 with the extensions of RFC 2449 (CAPA, response codes, pipelining), RFC 2595 and
// 8314 (STLS, TLS from the start), RFC 5034 (AUTH), RFC 3206 ([AUTH], [SYS/TEMP]) and RFC 6856 (UTF8, LANG: English and
// Chinese).
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/pop3/server/backend.h"

namespace posthouse::pop3 {

/// How long a server waits. Each is for the whole of what it names: a client that sends an octet now and then gains
/// nothing by it.
struct ServerTimeouts {
  net::Duration command = std::chrono::minutes(10);  ///< From an answer to the end of the next command line. Then the
                                                     ///< session ends without update (RFC 1939 section 3: at least 10
                                                     ///< minutes).
  net::Duration log_in = std::chrono::minutes(10);   ///< From the greeting to the log-in, TLS handshake included.
  net::Duration tls = std::chrono::minutes(1);       ///< For the TLS handshake.
  net::Duration write = std::chrono::minutes(5);     ///< How long one piece of an answer may stay unread.
  net::Duration rest = std::chrono::seconds(2);      ///< Silence after which buffers are given back.
};

/// How a POP3 server behaves. One object may serve all sessions of a listener; it must outlive them.
struct ServerOptions {
  std::string hostname = "localhost";    ///< Said in the greeting.
  std::optional<net::TlsContext> tls{};  ///< Makes STLS available; needed for `implicit_tls`.
  bool implicit_tls = false;             ///< TLS from the first octet (port 995, RFC 8314 section 3.3).
  bool insecure_auth = false;            ///< Allows log-in without TLS.
  /// SASL mechanisms that may be used, in upper case ("SCRAM-SHA-256"); empty: all that there are. USER and PASS only with
  /// PLAIN or LOGIN.
  std::vector<std::string> mechanisms{};
  /// How many days messages stay at least, to be announced (RFC 2449 section 6.7); nothing: for ever.
  std::optional<std::chrono::days> expire{};
  /// To be announced: how long after a log-in the back end may refuse the next one (OpenStatus::too_soon; RFC 2449
  /// section 6.5). Zero: it never does.
  std::chrono::seconds login_delay{0};
  std::size_t max_errors = 20;        ///< Answers -ERR in a row to what is no command, before the session is
                                      ///< closed.
  std::size_t max_auth_failures = 3;  ///< Failed log-ins before the session is closed.
  net::Duration auth_delay = std::chrono::seconds(1);  ///< Before the answer to the first failed log-in; doubles
                                                       ///< with each further one. Zero: none.
  net::Duration log_in_check = std::chrono::milliseconds(50);  ///< A command is not run on knowledge older than this
                                                               ///< that the log-in is still good.
  ServerTimeouts timeouts{};
  net::Trace trace{};                           ///< Sees every line, secrets masked, messages summed up.
  const std::atomic<bool>* stopping = nullptr;  ///< Once true, the next command other than QUIT is answered
                                                ///< `-ERR [SYS/TEMP]` and the session ends without update.
};

/// Why a session ended.
enum class SessionEnd {
  quit,          ///< The client said QUIT and was answered.
  disconnected,  ///< The connection ended or failed.
  timeout,       ///< Silence, an unread answer, or too long before the log-in.
  refused,       ///< Too many errors or failed log-ins, or the log-in is good no more.
  stopped,       ///< `stopping`, or the scope was cancelled.
  failed,        ///< An answer broke off because the back end failed in the middle of a message.
};

/// What a session did; for a log.
struct SessionSummary {
  SessionEnd end = SessionEnd::disconnected;
  std::string user;               ///< Who logged in; empty when nobody did.
  std::size_t retrieved = 0;      ///< Messages answered to RETR.
  std::uint64_t octets = 0;       ///< Octets of messages sent (RETR and TOP).
  std::size_t removed = 0;        ///< Messages removed at QUIT.
  std::size_t auth_failures = 0;  ///< Failed log-ins.
  bool tls_failed = false;        ///< It ended in the TLS handshake; `detail` says why.
  std::string detail;             ///< Why it ended early: the error's text; empty after quit.
};

/// Serves one whole session on `stream` and returns when it has ended; does not close the stream. In a fiber it parks
/// while it waits, in a plain thread it blocks. Throws nothing: a failure of the network ends the session, a failure of
/// `backend` is answered. Only QUIT after a log-in removes messages; however else a session ends, nothing is removed.
///
/// A session holds at most 64 KiB of answers not yet sent, one line (of a command 512 octets, of a log-in 12 KiB), and
/// what the stream and the maildrop buffer; while the client is silent, none of it.
///
///     net::serve(listener, [&](net::Stream& stream) { pop3::serve_session(stream, options, backend); });
SessionSummary serve_session(net::Stream& stream, const ServerOptions& options, Backend& backend);

/// The name of `end` for a log: "quit", "timeout" ….
const char* to_string(SessionEnd end) noexcept;

}  // namespace posthouse::pop3
