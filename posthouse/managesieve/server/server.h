#pragma once
// The server side of ManageSieve (RFC 5804), version 1.0, with UNAUTHENTICATE.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/managesieve/server/backend.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::managesieve {

/// How long a server waits. Each is for the whole of what it names: a client that sends an octet now and then gains
/// nothing by it.
struct ServerTimeouts {
  net::Duration command = std::chrono::minutes(30);  ///< From an answer to the end of the next command, its script
                                                     ///< included (RFC 5804 section 1.2: at least 30 minutes after the
                                                     ///< log-in).
  net::Duration log_in = std::chrono::minutes(10);   ///< From the greeting to the log-in, TLS handshake included.
  net::Duration tls = std::chrono::minutes(1);       ///< For the TLS handshake.
  net::Duration write = std::chrono::minutes(5);     ///< How long one piece of an answer may stay unread.
  net::Duration rest = std::chrono::seconds(2);      ///< Silence after which buffers are given back.
};

/// How a ManageSieve server behaves. One object may serve all sessions of a listener; it must outlive them.
struct ServerOptions {
  std::string hostname = "localhost";    ///< Said in the greeting.
  std::optional<net::TlsContext> tls{};  ///< Makes STARTTLS available; needed for `implicit_tls`.
  bool implicit_tls = false;             ///< TLS from the first octet, which no RFC has a port for.
  bool insecure_auth = false;            ///< Allows log-in without TLS.
  /// SASL mechanisms that may be used, in upper case ("SCRAM-SHA-256"); empty: all that there are.
  std::vector<std::string> mechanisms{};
  /// Octets of a script; more is answered `NO (QUOTA/MAXSIZE)`. What the back end's sieve::Options allow is less or equal.
  std::size_t max_script = 1024 * 1024;
  std::size_t max_errors = 20;        ///< Answers NO in a row to what is no command, before the session is closed.
  std::size_t max_auth_failures = 3;  ///< Failed log-ins before the session is closed.
  net::Duration auth_delay = std::chrono::seconds(1);  ///< Before the answer to the first failed log-in; doubles
                                                       ///< with each further one. Zero: none.
  net::Duration log_in_check = std::chrono::milliseconds(50);  ///< A command is not run on knowledge older than this
                                                               ///< that the log-in is still good.
  ServerTimeouts timeouts{};
  net::Trace trace{};                           ///< Sees the dialogue, secrets masked, scripts summed up.
  const std::atomic<bool>* stopping = nullptr;  ///< Once true, the next command other than LOGOUT is answered
                                                ///< `BYE (TRYLATER)`.
};

/// Why a session ended.
enum class SessionEnd {
  logout,        ///< The client said LOGOUT and was answered.
  disconnected,  ///< The connection ended or failed.
  timeout,       ///< Silence, an unread answer, or too long before the log-in.
  refused,       ///< Too many errors or failed log-ins, or the log-in is good no more.
  stopped,       ///< `stopping`, or the scope was cancelled.
  failed,        ///< An answer broke off because the back end failed in the middle of it.
};

/// What a session did; for a log.
struct SessionSummary {
  SessionEnd end = SessionEnd::disconnected;
  std::string user;               ///< Who logged in last; empty when nobody did.
  std::size_t read = 0;           ///< Scripts answered to GETSCRIPT.
  std::size_t changes = 0;        ///< Scripts put, renamed, removed and activated.
  std::size_t auth_failures = 0;  ///< Failed log-ins.
  bool tls_failed = false;        ///< It ended in the TLS handshake; `detail` says why.
  std::string detail;             ///< Why it ended early: the error's text; empty after LOGOUT.
};

/// Serves one whole session on `stream` and returns when it has ended; does not close the stream. In a fiber it parks
/// while it waits, in a plain thread it blocks. Throws nothing: a failure of the network ends the session, a failure of
/// `backend` is answered. PUTSCRIPT and CHECKSCRIPT compile the script (sieve::compile) with the back end's options: what
/// is wrong with it, each with its place, is the answer's text, and such a script is not put.
///
/// A session holds one command: 8 KiB and before the log-in 12 KiB of strings, after it ServerOptions::max_script of them;
/// one script that it answers with; and what the stream buffers. While the client is silent, none of it.
///
///     net::serve(listener, [&](net::Stream& stream) { managesieve::serve_session(stream, options, backend); });
SessionSummary serve_session(net::Stream& stream, const ServerOptions& options, Backend& backend);

/// The name of `end` for a log: "logout", "timeout" ….
const char* to_string(SessionEnd end) noexcept;

}  // namespace posthouse::managesieve
