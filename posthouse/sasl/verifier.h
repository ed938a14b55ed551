#pragma once
// Who may log in: the one question that every protocol asks of whoever knows the people.
//
// Terms (RFC 4422): the *authentication identity* (authcid) is the name that the proof belongs to; the *authorization
// identity* (authzid) is whom to act as, empty for the same one. The *evidence* is what shows that the client is the one
// it says to be.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/sasl/keys/scram_keys.h"

namespace posthouse::sasl {

/// Channel binding data of the TLS session (RFC 5056) for a type such as "tls-exporter"; nothing where TLS has none of
/// that type. An empty function: there is no TLS.
using ChannelBindingData = std::function<std::optional<std::string>(std::string_view type)>;

/// Where a log-in comes from, for logs and limits, and what it can be bound to.
struct Context {
  std::string protocol{};  ///< "smtp", "pop3", "imap", "managesieve".
  std::string peer{};      ///< The client's address, as text.
  std::string origin{};    ///< What stands for the client's host in limits: clients with the same one share them.
  std::string tls{};       ///< The version of TLS ("TLSv1.3"); empty without.
  ChannelBindingData channel_binding{};
  /// Mail addresses that a client certificate names which TLS has verified (rfc822Name, RFC 5280 section 4.2.1.6).
  std::vector<std::string> certified{};
  /// Names of the mechanisms that may be used there, in upper case; empty: all. Must outlive the context.
  std::span<const std::string> mechanisms{};
  /// True once the client has closed its end, so that nobody waits for a verdict any more. May be empty: unknown.
  std::function<bool()> left{};
};

/// A password in clear text. Keep it no longer than the check takes.
struct Password {
  std::string_view text;
};

/// A mechanism has seen the client prove that it has the keys which Verifier::keys() gave for the authcid. What is left
/// to decide is whether these are its keys still, and whether this account may log in, and act as the authzid.
struct ProofByKeys {
  ScramHash hash = ScramHash::sha256;
  std::string_view stored_key{};  ///< ScramKeys::stored_key of the keys.
};

/// TLS has verified the client's certificate, for each address in Context::certified. What is left to decide is whose
/// account that is, and whether it may act as the authzid.
struct ProofByCertificate {};

/// What shows that the client is the one it says to be.
using Evidence = std::variant<Password, ProofByKeys, ProofByCertificate>;

/// One log-in. The views are valid during the call it is passed to.
struct Attempt {
  const Context& context;
  std::string_view mechanism;  ///< "PLAIN"; "USER" for USER and PASS of POP3.
  std::string_view authzid;    ///< Whom to act as; empty: the authcid.
  std::string_view authcid;    ///< Who logs in. Not empty, no NUL; nothing else has been checked. With EXTERNAL: what
                               ///< the client says to be, else the first one of Context::certified.
  Evidence evidence;
};

/// Why somebody was not let in.
enum class Denial : std::uint8_t {
  none,
  wrong,         ///< No such name, a wrong password or proof, or an account that may not log in: nobody is told which.
  not_as_other,  ///< The authcid may not act as the authzid. Must not depend on whether the evidence is right.
  unavailable,   ///< It cannot be told now.
};

/// Who logged in, or why not.
struct Verdict {
  Denial denial = Denial::wrong;
  std::string user{};       ///< The name the session goes by from now on (an account's address, say).
  std::int64_t id = 0;      ///< The verifier's own number for that user, for the back end's use; 0: it has none.
  std::uint64_t stamp = 0;  ///< The verifier's own, for holds(): of which password the log-in was.

  Verdict() = default;
  Verdict(Denial why) : denial(why) {}  // NOLINT(google-explicit-constructor)
  /// `name` is let in.
  explicit Verdict(std::string name, std::int64_t number = 0, std::uint64_t password_stamp = 0)
      : denial(Denial::none), user(std::move(name)), id(number), stamp(password_stamp) {}

  /// True when somebody logged in.
  explicit operator bool() const noexcept { return denial == Denial::none; }
};

/// Decides about log-ins for every session of a server, in whatever protocol and by whatever mechanism. Called from all
/// of their fibers and threads at the same time; may park or block. An exception counts as Denial::unavailable.
class Verifier {
 public:
  Verifier() = default;
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  virtual ~Verifier() = default;

  /// Decides about one attempt. Evidence of a kind that it does not know must be denied.
  virtual Verdict verify(const Attempt& attempt) = 0;

  /// True when somebody may log in by the certificate that `context` tells of: then EXTERNAL is offered. False also when
  /// that cannot be told now.
  virtual bool takes_certificate(const Context&) noexcept { return false; }

  /// False once a log-in that was good is so no more: the account was disabled or removed, its password changed. Asked
  /// by sessions that go on for long, before they do something in the user's name; must cost little. Throws when it
  /// cannot be told now.
  virtual bool holds(const Verdict&) { return true; }

  /// True when accounts have keys for SCRAM with `hash`: then the mechanism is offered.
  virtual bool has_keys(ScramHash) const noexcept { return false; }
  /// The keys of `authcid`; nothing when there is no such account or it has none. The client is not told which: it gets a
  /// salt that is the same for that name until the program ends. Whoever wants it to be the same after that, and the
  /// same once there is such an account, gives keys that no proof fits. Called at the beginning of an exchange, before
  /// the client has proven anything.
  virtual std::optional<ScramKeys> keys(const Context&, std::string_view, ScramHash) { return std::nullopt; }
  /// A mechanism has found that the client, who said to be `authcid`, does not have the keys. For logs and limits.
  virtual void proof_failed(const Context&, std::string_view mechanism, std::string_view authcid) {
    static_cast<void>(mechanism);
    static_cast<void>(authcid);
  }
};

}  // namespace posthouse::sasl
