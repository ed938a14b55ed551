#pragma once
// The server side of IMAP: IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051), with the extensions that capabilities.cc lists.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/imap/backend/backend.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::imap {

/// How long a server waits. Each is for the whole of what it names: a client that sends an octet now and then gains
/// nothing by it.
struct ServerTimeouts {
  net::Duration command = std::chrono::minutes(30);  ///< From an answer to the end of the next command, and how long an
                                                     ///< IDLE lasts (RFC 9051 section 5.4: at least 30 minutes). A
                                                     ///< message that is appended has a second more for each KiB.
  net::Duration log_in = std::chrono::minutes(3);    ///< From the greeting to the log-in, TLS handshake included.
  net::Duration tls = std::chrono::minutes(1);       ///< For the TLS handshake.
  net::Duration write = std::chrono::minutes(5);     ///< How long one piece of an answer may stay unread.
  net::Duration rest = std::chrono::seconds(2);      ///< Silence after which buffers are given back.
};

/// Capabilities that are not offered to some: to a user, to a client, or, where both are set, to that client of that user.
struct CapabilityException {
  std::string user{};                   ///< As the verifier names them, in any case.
  std::string client{};                 ///< What the client calls itself ("name" of ID, RFC 2971), in any case.
  std::vector<std::string> disabled{};  ///< As ServerOptions::disabled.
};

/// How an IMAP server behaves. One object may serve all sessions of a listener; it must outlive them.
struct ServerOptions {
  std::string hostname = "localhost";    ///< Said in the greeting.
  std::optional<net::TlsContext> tls{};  ///< Makes STARTTLS available; needed for `implicit_tls`.
  bool implicit_tls = false;             ///< TLS from the first octet (port 993, RFC 8314 section 3.2).
  bool insecure_auth = false;            ///< Allows log-in without TLS.
  /// SASL mechanisms that may be used, in upper case ("SCRAM-SHA-256"); empty: all that there are. The command LOGIN only
  /// with PLAIN or LOGIN.
  std::vector<std::string> mechanisms{};
  std::size_t max_errors = 20;                         ///< Answers BAD in a row before the session is closed.
  std::size_t max_auth_failures = 3;                   ///< Failed log-ins before the session is closed.
  net::Duration auth_delay = std::chrono::seconds(1);  ///< Before the answer to the first failed log-in; doubles
                                                       ///< with each further one. Zero: none.
  net::Duration log_in_check = std::chrono::milliseconds(50);  ///< A command is not run on knowledge older than this
                                                               ///< that the log-in is still good.
  /// Messages that one FETCH, STORE, SEARCH, SORT, THREAD, MOVE or UID EXPUNGE takes at most, the newest first, and that one
  /// COPY or APPEND may have (MESSAGELIMIT, RFC 9738); a client hears of it and goes on. 0: no limit.
  std::uint32_t message_limit = 0;
  /// Capabilities that are not offered, and whose commands are unknown, in upper case: "IDLE", "QRESYNC", "IMAP4REV2".
  std::vector<std::string> disabled{};
  std::vector<CapabilityException> exceptions{};  ///< More that are not, from the log-in or the ID on.
  ServerTimeouts timeouts{};
  net::Trace trace{};                           ///< Sees commands and answers, secrets masked, messages summed up.
  const std::atomic<bool>* stopping = nullptr;  ///< Once true, the next command other than LOGOUT is answered by BYE.
};

/// Why a session ended.
enum class SessionEnd : std::uint8_t {
  logged_out,    ///< The client said LOGOUT and was answered.
  disconnected,  ///< The connection ended or failed.
  timeout,       ///< Silence, an unread answer, or too long before the log-in.
  refused,       ///< Too many errors or failed log-ins, too much to skip, or the log-in is good no more.
  stopped,       ///< `stopping`, or the scope was cancelled.
  failed,        ///< An answer broke off because the back end failed in the middle of a message.
  removed,       ///< The selected mailbox is not there any more.
};

/// What a session did; for a log.
struct SessionSummary {
  SessionEnd end = SessionEnd::disconnected;
  std::string user{};             ///< Whoever logged in; empty when nobody did.
  std::string client{};           ///< What the client says it is (ID): "Thunderbird 128.0"; empty: nothing.
  std::size_t commands = 0;       ///< Commands that were run.
  std::size_t bodies = 0;         ///< Bodies, and pieces of them, that were sent.
  std::uint64_t octets = 0;       ///< Octets of these.
  std::size_t appended = 0;       ///< Messages that APPEND and REPLACE brought.
  std::size_t expunged = 0;       ///< Messages that this session expunged or moved away.
  std::size_t auth_failures = 0;  ///< Failed log-ins.
  bool tls_failed = false;        ///< It ended in the TLS handshake; `detail` says why.
  std::string detail{};           ///< Why it ended early: the error's text; empty after LOGOUT.
};

/// Serves one whole session on `stream` and returns when it has ended; does not close the stream. In a fiber it parks
/// while it waits, in a plain thread it blocks. Throws nothing: a failure of the network ends the session, a failure of
/// `backend` is answered.
///
/// A session holds at most 64 KiB of answers not yet sent, one command (CommandLimits), one message of at most
/// Message::most_content octets, and what the stream and the mailbox buffer; while the client is silent, none of it. After
/// COMPRESS (RFC 4978) it holds 170 KiB more, of which 40 KiB stay.
///
///     net::serve(listener, [&](net::Stream& stream) { imap::serve_session(stream, options, backend); });
SessionSummary serve_session(net::Stream& stream, const ServerOptions& options, Backend& backend);

/// The name of `end` for a log: "logged out", "timeout" ….
const char* to_string(SessionEnd end) noexcept;

}  // namespace posthouse::imap
