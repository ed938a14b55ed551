#pragma once
// The log-in ladder of every protocol: which mechanisms there are now, and why not; and what a failed log-in costs.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "posthouse/fiber/time.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/sasl/verifier.h"

namespace posthouse::dialogue {

/// What a session knows when its client asks to log in.
struct LogInState {
  bool offered = true;            ///< People log in here: there is a verifier, and the listener is for users.
  bool greeted = true;            ///< The client has said what it must say before (SMTP: EHLO).
  bool logged_in = false;         ///< Somebody has logged in.
  bool busy = false;              ///< In the middle of something that a log-in would change (SMTP: a transaction).
  bool tls = false;               ///< The dialogue is encrypted.
  bool tls_available = false;     ///< The client may ask for TLS.
  bool insecure_allowed = false;  ///< Passwords may be said in clear text.
};

/// May the client log in now?
enum class LogIn : std::uint8_t {
  allowed,
  not_offered,    ///< Not at this listener.
  greet_first,    ///< Not before EHLO.
  once_only,      ///< Somebody has logged in already.
  not_now,        ///< Not in the middle of a transaction.
  tls_first,      ///< After STARTTLS.
  tls_elsewhere,  ///< Only where there is TLS, and here is none.
};

/// The decision. The first reason in the order of LogIn counts.
LogIn may_log_in(const LogInState& state) noexcept;

/// True when secrets may be said: under TLS, or where that is not asked for.
bool is_safe(const LogInState& state) noexcept;

/// The mechanisms to announce (the line AUTH of EHLO, SASL of CAPA), strongest first, with a space between; empty when
/// none may be used now. Whether somebody has logged in already does not matter.
std::string mechanisms_now(const LogInState& state, sasl::Verifier& verifier, const sasl::Context& context);

/// Channel binding data of the TLS session on `stream`, which must outlive the function; empty without TLS.
sasl::ChannelBindingData channel_binding_of(const net::Stream& stream);

/// What a verifier is told about a session on `stream`, which must outlive the context and stay as it is: `tls` is what
/// stream.tls() says; a client certificate counts when TLS has verified it. `protocol` is the name it goes by in logs: "smtp". `mechanisms` are those that may be used
/// (sasl::Context::mechanisms); they must outlive the context, too.
sasl::Context context_of(const net::Stream& stream, const std::optional<net::TlsInfo>& tls, std::string protocol,
                         std::span<const std::string> mechanisms = {});

/// The log-in of a session, which has to hold for as long as the session lasts.
class HeldLogIn {
 public:
  /// Whoever it is has just been let in.
  void begin(const sasl::Verdict& verdict);
  /// False once the verifier says that the log-in is good no more. It is asked only when it was asked longer ago than `age`.
  /// Throws what it throws: then nothing is known.
  bool holds(sasl::Verifier& verifier, net::Duration age);

 private:
  sasl::Verdict verdict_ = sasl::Denial::wrong;
  net::TimePoint checked_{};
};

/// Failed log-ins of one session: how many, and how long each is to wait for its answer.
class FailedLogIns {
 public:
  /// The session is to end with failure number `most`. The first one waits for `delay`, each further one for twice as
  /// long as that before it, but no longer than 64 times `delay`; zero: no wait.
  FailedLogIns(std::size_t most, net::Duration delay) noexcept : most_(most), delay_(delay) {}

  /// Counts one and waits (parks, or blocks a thread). Throws net::Error when the scope is cancelled.
  void add();
  std::size_t count() const noexcept { return count_; }
  bool too_many() const noexcept { return count_ >= most_; }

 private:
  std::size_t most_;
  net::Duration delay_;
  std::size_t count_ = 0;
};

}  // namespace posthouse::dialogue
