#pragma once
// What an SMTP client reports when the server refuses, or does not speak SMTP; and how a server's back end refuses.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/error.h"
#include "posthouse/base/source_location.h"
#include "posthouse/smtp/wire/reply.h"

namespace posthouse::smtp {

/// In statement(), what is sent after DATA.
inline constexpr std::string_view the_message = "the message";

/// What kind of failure an smtp::Error is.
enum class Errc {
  refused,             ///< The server answered 4xx or 5xx; answer() is its reply.
  auth_failed,         ///< The server refused the log-in: wrong name or password (535), or a log-in it does not allow.
  recipients_refused,  ///< Not one recipient was accepted: the RecipientsRefused it is has the reply to each.
  tls_unavailable,     ///< STARTTLS was asked for and the server does not offer or refuses it.
  insecure,            ///< A log-in without TLS, and the caller did not allow that; nothing was sent.
  no_mechanism,        ///< The server offers no way to log in that this client knows.
  unsupported,  ///< The message needs 8BITMIME, SMTPUTF8 or REQUIRETLS, or is over the server's SIZE; nothing was sent.
  bad_message,  ///< The message has a bare CR or LF, see ClientOptions::fix_line_ends; nothing was accepted.
  protocol,     ///< An answer that is no SMTP; the connection is closed.
  usage,        ///< Arguments no command can be made of, e.g. a line break in an address; nothing was sent.
};

/// A refusal by the server, or an answer that makes no sense. Failures of the connection itself are net::Error; one whose
/// statement() is `the_message` came after the whole message had been sent: the server may have it.
///
/// code() is "smtp." and the server's code ("smtp.550") for `refused`, and else "smtp." and the name of the Errc
/// ("smtp.auth_failed"); statement() is the command with its secrets masked; reply() is answer().to_string();
/// retryable() is true for 4xx replies.
class Error : public posthouse::Error {
 public:
  Error(Errc errc, const std::string& what, Reply answer = {}, std::string statement = {},
        bool connection_usable = true, SourceLocation where = SourceLocation::current());
  /// A refusal, as a Backend throws it: `throw smtp::Error({452, "4.3.1", "The disk is full"})`.
  explicit Error(Reply answer, SourceLocation where = SourceLocation::current());

  Errc errc() const noexcept { return errc_; }
  /// What the server answered; code 0 when it is not about an answer.
  const Reply& answer() const noexcept { return answer_; }

 private:
  Errc errc_;
  Reply answer_;
};

/// A recipient and what the server answered to it.
struct RecipientReply {
  std::string address{};
  Reply reply{};
};

/// No recipient was accepted, so nothing was sent. answer() is the first temporary reply (then retryable() is true), or
/// else the first one.
class RecipientsRefused : public Error {
 public:
  RecipientsRefused(const std::string& what, std::vector<RecipientReply> replies, std::string statement,
                    bool connection_usable = true, SourceLocation where = SourceLocation::current());
  const std::vector<RecipientReply>& replies() const noexcept { return replies_; }

 private:
  std::vector<RecipientReply> replies_;
};

/// The name of `errc` as in code(): "auth_failed".
const char* to_string(Errc errc) noexcept;

}  // namespace posthouse::smtp
