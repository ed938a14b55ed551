#pragma once
// The server side of a SASL exchange (RFC 4422) as SMTP (RFC 4954), POP3 (RFC 5034) and IMAP (RFC 3501) frame it:
// base64 lines, "=" for an empty initial response, "*" to cancel. The protocol reads and writes the lines; what is in
// them is decided here.
//
// Terms: a *challenge* goes from server to client, a *response* back. PLAIN (RFC 4616) has one response, LOGIN
// (draft-murchison-sasl-login) two: name and password.
//
// Invariants:
//  1. After an outcome other than `challenge` the exchange is over; it answers every further step with `malformed`.
//  2. credentials() is meaningful only after `done`.
//  3. Nothing longer than max_response octets of base64 is looked at.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/sasl/credentials.h"

namespace posthouse::sasl {

/// The mechanisms the server side knows, strongest first, with a space between: what AUTH and SASL lines list.
inline constexpr std::string_view server_mechanisms = "PLAIN LOGIN";

/// Octets of base64 a response may have; RFC 4954 section 4.
inline constexpr std::size_t max_response = 12288;

/// Where an exchange stands after a step.
enum class Outcome {
  challenge,  ///< Send challenge() and call step() with the answer.
  done,       ///< credentials() are complete; whether they are right is for the caller to find out.
  cancelled,  ///< The client sent "*".
  malformed,  ///< Not canonical base64, too long, or not what the mechanism asks for.
};

/// One exchange. Independent of protocol and network.
///
///     auto exchange = sasl::ServerExchange::create("PLAIN");       // nothing: unknown mechanism
///     auto outcome = exchange->begin(initial_response);             // as it was on the AUTH line, or nullopt
///     while (outcome == sasl::Outcome::challenge) {
///       send("334 " + exchange->challenge());
///       outcome = exchange->step(read_line());
///     }
///     if (outcome == sasl::Outcome::done) check(exchange->credentials());
class ServerExchange {
 public:
  /// An exchange of `mechanism` (ASCII case aside); nothing when it is not known.
  static std::optional<ServerExchange> create(std::string_view mechanism);

  /// Begins. `initial_response` is the base64 text on the command line ("=" stands for an empty one), or nullopt when
  /// there was none.
  Outcome begin(std::optional<std::string_view> initial_response);

  /// Takes one line of the client, without its line end.
  Outcome step(std::string_view response);

  /// The challenge to send, in base64; may be empty.
  const std::string& challenge() const noexcept { return challenge_; }
  /// What the client gave. May be moved from after `done`.
  Credentials& credentials() noexcept { return credentials_; }

 private:
  enum class State { plain, login_name, login_password, over };
  ServerExchange(State state, std::string_view mechanism);
  Outcome take(const std::string& octets);
  Outcome finish(Outcome outcome);

  State state_;
  std::string challenge_;
  Credentials credentials_;
};

}  // namespace posthouse::sasl
