#pragma once
// What a POP3 client reports when the server refuses, or does not speak POP3.
#include <string>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::pop3 {

/// What kind of failure a pop3::Error is.
enum class Errc {
  refused,          ///< The server answered -ERR; error.reply() is its answer.
  auth_failed,      ///< -ERR to a log-in: wrong name or password, or an account that may not log in ([AUTH], RFC 3206).
  in_use,           ///< The maildrop is open in another session ([IN-USE], RFC 2449); retryable.
  temporary,        ///< The server is in trouble ([SYS/TEMP], RFC 3206; [LOGIN-DELAY], RFC 2449); retryable.
  tls_unavailable,  ///< STLS was asked for and the server refuses it.
  insecure,         ///< A log-in without TLS, and the caller did not allow that; nothing was sent.
  no_mechanism,     ///< The server offers no way to log in that this client knows.
  protocol,         ///< An answer that is no POP3 (status line, number, end of data); the connection is closed.
  too_large,        ///< An answer longer than the limits of ClientOptions; the connection is closed.
  usage,            ///< Arguments no command can be made of, e.g. a line break in a password; nothing was sent.
};

/// A refusal by the server, or an answer that makes no sense. Failures of the connection itself are net::Error.
///
/// code() is "pop3." and the name of the Errc ("pop3.auth_failed"), statement() the command with its secrets masked,
/// reply() the status line as it came.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, ErrorDetails details = {}, std::string response_code = {},
        SourceLocation where = SourceLocation::current());

  Errc errc() const noexcept { return errc_; }
  /// The extended response code of the refusal without its brackets, in upper case ("IN-USE", "SYS/TEMP"; RFC 2449
  /// section 8); empty when the server gave none.
  const std::string& response_code() const noexcept { return response_code_; }

 private:
  Errc errc_;
  std::string response_code_;
};

/// The name of `errc` as in code(): "auth_failed".
const char* to_string(Errc errc) noexcept;

}  // namespace posthouse::pop3
