#pragma once
// The server side of SMTP: RFC 5321 with STARTTLS (3207), AUTH (4954), PIPELINING (2920), SIZE (1870), 8BITMIME (6152),
// SMTPUTF8 (6531), ENHANCEDSTATUSCODES (2034), CHUNKING and BINARYMIME (3030), LIMITS (9422), submission (6409) and implicit TLS (8314).
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/fiber/time.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/smtp/server/backend.h"
#include "posthouse/smtp/server/session.h"

namespace posthouse::smtp {

/// How long a server waits (RFC 5321 section 4.5.3.2). Each is for the whole of what it names: a client that sends an
/// octet now and then gains nothing by it.
struct ServerTimeouts {
  net::Duration command = std::chrono::minutes(5);     ///< From a reply to the end of the next command line.
  net::Duration data_block = std::chrono::minutes(5);  ///< For each 64 KiB of a message, or its end.
  net::Duration data_total = std::chrono::hours(2);    ///< From the 354 to the end of the message.
  net::Duration write = std::chrono::minutes(5);       ///< How long a reply may stay unread.
  net::Duration tls = std::chrono::minutes(1);         ///< For the TLS handshake.
  net::Duration stop = std::chrono::seconds(5);        ///< For the rest of a message once the scope is cancelled.
};

/// What a server offers about how messages travel, for back ends that see to it. Nothing else is taken (555 5.5.4).
struct DeliveryOffers {
  bool require_tls = false;         ///< REQUIRETLS (RFC 8689), under TLS only.
  bool priority = false;            ///< MT-PRIORITY (RFC 6710).
  bool deliver_by = false;          ///< DELIVERBY (RFC 2852).
  std::chrono::seconds max_hold{};  ///< FUTURERELEASE (RFC 4865), at submission only: the longest; 0: not offered.
};

/// How an SMTP server behaves. One object may serve all sessions of a listener; it must outlive them.
struct ServerOptions {
  std::string hostname = "localhost";  ///< Said in the greeting and the answer to EHLO; a domain or address literal.
  Kind kind = Kind::mx;
  std::optional<net::TlsContext> tls{};  ///< Makes STARTTLS available; needed for `implicit_tls`.
  bool implicit_tls = false;             ///< TLS from the first octet (port 465, RFC 8314).
  bool insecure_auth = false;            ///< Allows log-in without TLS.
  /// SASL mechanisms that may be used, in upper case ("SCRAM-SHA-256"); empty: all that there are.
  std::vector<std::string> mechanisms{};
  /// Who the client is, where that is known before it speaks (by the credentials of a Unix socket): Session::user from the
  /// start. Then the back end's verifier is null, and there is no AUTH.
  std::string user{};
  std::vector<std::string> more_keywords{};  ///< Lines of the answer to EHLO besides our own ("XNAME x").
  bool mend_line_ends = true;                ///< A bare CR or LF in a message of a user who has logged
                                             ///< in becomes CRLF (dialogue::LineEndMender).
  DeliveryOffers offers{};
  bool binary = false;  ///< Offers BINARYMIME (RFC 3030): for back ends that take messages of any octets as they are.
  std::uint64_t max_message_size = std::uint64_t{50} << 20;  ///< Octets; announced by SIZE. 0: no limit.
  std::size_t max_recipients = 1000;  ///< Of one message; RFC 5321 section 4.5.3.1.8 asks for 100. Beyond it: 452.
  /// Errors of the client before 421 and the end; a message accepted sets them to 0. Errors are: syntax errors,
  /// commands out of place, recipients beyond ten times `max_recipients`, and of a client that has not logged in also what
  /// the back end refuses for good (a recipient that is not here).
  std::size_t max_errors = 20;
  std::size_t soft_errors = 10;  ///< From the next error on each reply to one is held back for `error_delay`.
  net::Duration error_delay = std::chrono::seconds(1);
  std::size_t max_refusals = 1000;      ///< Recipients and senders refused by the back end before 421 and the end.
  std::size_t max_auth_failures = 3;    ///< Failed log-ins before 421 and the end.
  std::size_t max_idle_commands = 200;  ///< Commands that move no mail (NOOP, RSET, VRFY, HELP, EHLO …) before 421
                                        ///< and the end; a message accepted sets them to 0.
  net::Duration auth_delay = std::chrono::seconds(1);  ///< Before the answer to the first failed log-in; doubles with
                                                       ///< each further one. Zero: none.
  ServerTimeouts timeouts{};
  net::Trace trace{};                           ///< Sees every line, secrets masked, messages summed up.
  const std::atomic<bool>* stopping = nullptr;  ///< Once true, the next command is answered 421 4.3.2 and the session
                                                ///< ends; a message being received is received and answered first.
};

/// Why a session ended.
enum class SessionEnd {
  quit,          ///< The client said QUIT and was answered.
  disconnected,  ///< The connection ended or failed.
  timeout,       ///< Silence, or a reply that was not read.
  refused,       ///< Not let in, too many errors, or failed log-ins.
  stopped,       ///< `stopping`, or the scope was cancelled.
};

/// What a session did; for a log.
struct SessionSummary {
  SessionEnd end = SessionEnd::disconnected;
  std::string user{};             ///< Who logged in; empty when nobody did.
  std::uint64_t messages = 0;     ///< Messages accepted.
  std::uint64_t octets = 0;       ///< Octets of the messages received, accepted or not.
  std::size_t commands = 0;       ///< Command lines.
  std::size_t errors = 0;         ///< Commands answered with 5xx by the protocol (not by the back end).
  std::size_t refusals = 0;       ///< Senders, recipients and messages refused by the back end.
  std::size_t auth_failures = 0;  ///< Failed log-ins.
  bool tls_failed = false;        ///< It ended in the TLS handshake; `detail` says why.
  std::string detail{};           ///< Why it ended early: the error's text; empty after quit.
};

/// Serves one whole session on `stream` and returns when it has ended; does not close the stream. In a fiber it parks
/// while it waits, in a plain thread it blocks. Throws nothing: a failure of the network ends the session, a failure of
/// `backend` is answered.
///
/// What is refused, and why:
///  - a bare CR or LF in a message, unless `mend_line_ends` mends it: `550 5.6.11` after its real end, which is
///    CRLF.CRLF and nothing else, mended or not;
///  - the same in chunks (BDAT, RFC 3030), but for messages announced as BODY=BINARYMIME. An octet of a chunk is never
///    taken for a command: that of a refused BDAT is skipped, and where its size cannot be read the session ends;
///  - a NUL, another control octet or a bare CR in a command: `500 5.5.2`; a bare LF: the same, and the session ends,
///    because what was meant to follow cannot be known;
///  - an octet above 127 in a command, except in EHLO, HELO, and MAIL and RCPT of an SMTPUTF8 transaction: `500 5.5.2`,
///    `553 5.6.7`.
/// What is let pass: octets above 127 in a message that announced no BODY=8BITMIME, and lines of a message of any
/// length; both go to the back end as they came.
///
/// Cancelling the scope is a graceful stop: a session that waits for a command answers 421 4.3.2 and ends at once; one
/// in a command finishes it first, and one that receives a message has `timeouts.stop` for the rest. The back end is
/// never disturbed by it (a Shield stands before its calls).
///
/// A session holds one command line of at most 12 KiB, 32 KiB of replies not yet sent, the paths of `max_recipients`
/// (256 octets each), and what the stream buffers; a message is never held.
///
///     net::serve(listener, [&](net::Stream& stream) { smtp::serve_session(stream, options, backend); });
SessionSummary serve_session(net::Stream& stream, const ServerOptions& options, Backend& backend);

/// The name of `end` for a log: "quit", "timeout" ….
const char* to_string(SessionEnd end) noexcept;

}  // namespace posthouse::smtp
