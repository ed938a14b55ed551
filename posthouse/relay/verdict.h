#pragma once
// What an attempt to hand a message on ended with, in the words of SMTP.
#include <exception>
#include <string>
#include <utility>

#include "posthouse/relay/error.h"
#include "posthouse/smtp/wire/envelope.h"
#include "posthouse/smtp/wire/reply.h"

namespace posthouse::smtp {
class Client;
class Error;
}  // namespace posthouse::smtp

namespace posthouse::relay {

/// The end of an attempt for one recipient.
struct Verdict {
  enum class Kind {
    delivered,  ///< The peer has answered 250 to the message.
    temporary,  ///< It may go well later.
    permanent,  ///< It never will.
    canceled,   ///< We broke off; nothing is known about the peer.
  };
  Kind kind = Kind::temporary;
  std::string status{};  ///< Enhanced status code (RFC 3463): "4.4.1".
  std::string text{};    ///< The peer's reply ("550 5.1.1 No such user") or our reason ("two.test: no such domain").
  std::string remote_mta{};  ///< The host that answered; empty when the reason is ours.
  /// Another host of the same destination may be asked at once (RFC 5321 section 5.1): this one refused for now, broke
  /// off or made no sense, and cannot have the message.
  bool elsewhere = false;
  /// The host has taken it with what its sender wants to be told (RFC 3461 section 5.2.1), and tells that.
  bool dsn = false;
};

/// A reply to MAIL, RCPT or DATA from `host`.
Verdict judge(const smtp::Reply& reply, const std::string& host);

/// A failure of the connection to `host`, of its TLS, or of the dialogue with it. Never Kind::delivered: of a reply that
/// does not fit where it came only that is known.
Verdict judge(const std::exception& error, const std::string& host);

/// Why the peer of `client` can never take the message with this envelope and `size`, when Errc::unsupported said so.
Verdict judge_unsupported(const smtp::Client& client, const smtp::Envelope& envelope, const std::string& host);

/// Thrown where no host can be talked to: carries the verdict for all recipients.
class NoHost : public Error {
 public:
  explicit NoHost(Verdict verdict) : Error(Errc::no_host, verdict.text), verdict_(std::move(verdict)) {}
  const Verdict& verdict() const noexcept { return verdict_; }

 private:
  Verdict verdict_;
};

/// The same where the next host does not take our name and password.
class LogInFailed : public NoHost {
 public:
  using NoHost::NoHost;
};

}  // namespace posthouse::relay
