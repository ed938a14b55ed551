#pragma once
// What a ManageSieve client reports when the server refuses, or does not speak ManageSieve.
#include <string>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"

namespace posthouse::managesieve {

/// What kind of failure a managesieve::Error is. Words in capitals are response codes of RFC 5804 section 1.3.
enum class Errc {
  refused,          ///< The server answered NO for a reason that has no code.
  bye,              ///< The server ended the session (BYE); the connection is closed.
  auth_failed,      ///< NO to a log-in: wrong name or password, or a mechanism that this account may not use.
  temporary,        ///< The server is in trouble (TRYLATER); retryable.
  referral,         ///< The scripts are on another server (REFERRAL): error.response_value() is its sieve URL.
  script,           ///< The script has errors in it; reply() says which.
  nonexistent,      ///< There is no script of that name (NONEXISTENT).
  already_exists,   ///< There is one of that name (ALREADYEXISTS).
  active,           ///< That cannot be done with the active script (ACTIVE).
  quota,            ///< Too many scripts, or too large ones (QUOTA, QUOTA/MAXSCRIPTS, QUOTA/MAXSIZE).
  tls_unavailable,  ///< STARTTLS was asked for and the server does not have it.
  insecure,         ///< A log-in without TLS, and the caller did not allow that; nothing was sent. Or ENCRYPT-NEEDED.
  no_mechanism,     ///< The server offers no way to log in that this client knows.
  protocol,         ///< An answer that is no ManageSieve; the connection is closed.
  too_large,        ///< An answer longer than the limits of ClientOptions; the connection is closed.
  usage,            ///< Arguments no command can be made of, e.g. a script name with a line break; nothing was sent.
};

/// A refusal by the server, or an answer that makes no sense. Failures of the connection itself are net::Error.
///
/// code() is "managesieve." and the name of the Errc ("managesieve.quota"), statement() the command without its secrets,
/// reply() what the server says for people, whole: of a script with errors, all of them.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, ErrorDetails details = {}, std::string response_code = {},
        std::string response_value = {}, SourceLocation where = SourceLocation::current());

  Errc errc() const noexcept { return errc_; }
  /// The response code in upper case ("QUOTA/MAXSIZE"); empty when the server gave none.
  const std::string& response_code() const noexcept { return response_code_; }
  /// What stands behind the response code: the URL of a REFERRAL.
  const std::string& response_value() const noexcept { return response_value_; }

 private:
  Errc errc_;
  std::string response_code_;
  std::string response_value_;
};

/// The name of `errc` as in code(): "auth_failed".
const char* to_string(Errc errc) noexcept;

}  // namespace posthouse::managesieve
