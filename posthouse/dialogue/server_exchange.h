#pragma once
// A SASL exchange in lines of base64, the server's side, as SMTP (RFC 4954 section 4), POP3 (RFC 5034 section 4) and
// IMAP (RFC 9051 section 6.2.2) have it: "=" for an empty initial response, "*" to cancel.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/dialogue/line_scanner.h"
#include "posthouse/sasl/mechanism.h"
#include "posthouse/sasl/verifier.h"

namespace posthouse::dialogue {

/// Octets of base64 a response may have (RFC 4954 section 4).
inline constexpr std::size_t max_response = 12288;
/// The longest line of an exchange, with the command and CRLF.
inline constexpr std::size_t max_auth_line = max_response + 64;

/// Where an exchange stands after a step.
enum class Outcome : std::uint8_t {
  challenge,  ///< Send challenge() and call step() with the answer.
  done,       ///< verdict() tells whether the client is logged in.
  cancelled,  ///< The client sent "*".
  malformed,  ///< Not canonical base64, too long, or not what the mechanism asks for.
};

/// One exchange. The step that needs no socket.
///
/// Invariants:
///  1. After an outcome other than `challenge` the exchange is over; every further step is `malformed`.
///  2. A verifier that throws denies: verdict() is Denial::unavailable, trouble() what it said.
///  3. The verifier is never disturbed by a cancelled scope.
class ServerExchange {
 public:
  explicit ServerExchange(std::unique_ptr<sasl::ServerMechanism> mechanism) : mechanism_(std::move(mechanism)) {}

  /// Begins. `initial_response` is the base64 text on the command line ("=" stands for an empty one), or nullopt when
  /// there was none.
  Outcome begin(std::optional<std::string_view> initial_response);
  /// Takes one line of the client, without its line end.
  Outcome step(std::string_view response);

  /// After `challenge`: it is additional data with success, which a protocol whose outcome has room for it sends there. Then
  /// it calls step("") by itself. (RFC 4422 section 3.6; RFC 5804 section 2.1, the response code SASL.)
  bool concluding() const noexcept { return mechanism_ && mechanism_->concluding(); }

  /// The challenge to send, in base64; may be empty.
  const std::string& challenge() const noexcept { return challenge_; }
  /// Who logged in, or why not; after `done`.
  const sasl::Verdict& verdict() const noexcept { return verdict_; }
  /// What went wrong with the verifier, for a log; empty when nothing did.
  const std::string& trouble() const noexcept { return trouble_; }

  /// Leads the exchange to its end. `ask(challenge)` sends a challenge and returns the line that answers it, of
  /// max_auth_line octets at most; one that is not complete makes the exchange `malformed`.
  template <class Ask>
  Outcome lead(std::optional<std::string_view> initial_response, Ask&& ask) {
    Outcome outcome = begin(initial_response);
    while (outcome == Outcome::challenge) {
      const Line line = ask(challenge_);
      outcome = line.state == LineState::complete ? step(line.text) : finish(Outcome::malformed);
    }
    return outcome;
  }

 private:
  Outcome take(std::optional<std::string_view> octets);
  Outcome finish(Outcome outcome) noexcept;

  std::unique_ptr<sasl::ServerMechanism> mechanism_;  // none: over
  std::string challenge_;
  sasl::Verdict verdict_;
  std::string trouble_;
};

/// Asks `verifier` about `attempt` where a protocol has a log-in of its own beside SASL (USER and PASS). As in an
/// exchange, a verifier that throws denies; `trouble` is what it said.
sasl::Verdict verify(sasl::Verifier& verifier, const sasl::Attempt& attempt, std::string& trouble);

}  // namespace posthouse::dialogue
