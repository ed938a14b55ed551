#pragma once
// What an IMAP client reports when the server refuses, or does not speak IMAP.
#include <string>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::imap {

/// What kind of failure an imap::Error is.
enum class Errc {
  refused,          ///< The server answered NO; error.reply() is its answer.
  bad,              ///< BAD: the server does not know the command, or takes it for wrong.
  auth_failed,      ///< NO to a log-in: wrong name or password, or an account that may not log in.
  temporary,        ///< The server is in trouble or the mailbox in use ([UNAVAILABLE], [INUSE], RFC 9051); retryable.
  bye,              ///< The server ended the session by BYE; the connection is closed. Retryable.
  tls_unavailable,  ///< STARTTLS was asked for and cannot be had.
  insecure,         ///< A log-in without TLS, and the caller did not allow that; nothing was sent.
  no_mechanism,     ///< The server offers no way to log in that this client knows.
  no_message,       ///< No message of the selected mailbox has that UID, or the message has no such part.
  unsupported,      ///< The server has not the extension that this needs; nothing was changed.
  protocol,         ///< An answer that is no IMAP, or not to what was asked; the connection is closed.
  too_large,        ///< An answer beyond the limits of ClientOptions; the connection is closed.
  usage,            ///< What no command can be made of, or a call at the wrong time; nothing was sent.
};

/// A refusal by the server, or an answer that makes no sense. Failures of the connection itself are net::Error.
///
/// code() is "imap." and the name of the Errc ("imap.auth_failed"), statement() the command without its tag and with its
/// secrets masked, reply() the tagged answer as it came, without its tag.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, ErrorDetails details = {}, std::string response_code = {},
        SourceLocation where = SourceLocation::current());

  Errc errc() const noexcept { return errc_; }
  /// The name of the response code without brackets, in upper case ("TRYCREATE", "OVERQUOTA"; RFC 9051 section 7.1);
  /// empty when the server gave none.
  const std::string& response_code() const noexcept { return response_code_; }

 private:
  Errc errc_;
  std::string response_code_;
};

/// The name of `errc` as in code(): "auth_failed".
const char* to_string(Errc errc) noexcept;

}  // namespace posthouse::imap
