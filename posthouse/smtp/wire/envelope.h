#pragma once
// Who sends a message to whom, as MAIL and RCPT say it, which need not be what its headers say.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mail/dsn.h"

namespace posthouse::smtp {

/// What MAIL's BODY parameter says (RFC 6152, RFC 3030 section 3).
enum class Body {
  seven_bit,  ///< BODY=7BIT or nothing.
  eight_bit,  ///< BODY=8BITMIME.
  binary,     ///< BODY=BINARYMIME: any octets, lines or not.
};

/// By when a message is to be delivered (DELIVERBY, RFC 2852).
struct DeliverBy {
  enum class Mode : std::uint8_t {
    notify,     ///< Later too, but then the sender is told ("N").
    give_back,  ///< Not later: the message goes back to its sender ("R").
  };
  std::chrono::seconds time{};  ///< From MAIL on, at most 9 digits; with `notify` it may have passed (0 and less).
  Mode mode = Mode::notify;
  bool trace = false;  ///< Whoever hands it on tells the sender so ("T").

  bool operator==(const DeliverBy&) const = default;
};

using mail::Notify;
using mail::Ret;

/// What is said of one recipient besides the address (RFC 3461).
struct RecipientOptions {
  Notify notify{};      ///< When the sender is told; NOTIFY.
  std::string orcpt{};  ///< The address the sender wrote to, as mail::parse_orcpt() returns it; empty: not said.
};

/// The envelope of one message. Addresses are without angle brackets: `ann@one.test`, `"a b"@[127.0.0.1]`. On the
/// server side they have passed the grammar of RFC 5321 section 4.1.2: source routes are dropped and needless quoting
/// is undone (`"ann"@one.test` is `ann@one.test`).
struct Envelope {
  std::string reverse_path{};  ///< The sender; empty: the null reverse-path `<>`, to which nobody reports back.
  std::vector<std::string> recipients{};  ///< In the order given; "postmaster" may stand without a domain.
  std::optional<std::uint64_t> size{};    ///< Octets of the message, as announced by SIZE (RFC 1870).
  Body body = Body::seven_bit;            ///< What was announced; see Client and ServerOptions for what is enforced.
  bool smtputf8 = false;                  ///< SMTPUTF8 (RFC 6531): addresses or headers are in UTF-8.
  std::optional<int> priority{};          ///< MT-PRIORITY (RFC 6710): -9 to 9.
  std::optional<std::chrono::seconds> hold_for{};  ///< FUTURERELEASE (RFC 4865): delivered so much later, 1 s at least;
  std::optional<std::chrono::sys_seconds> hold_until{};  ///< or not before this.
  std::optional<DeliverBy> deliver_by{};                 ///< DELIVERBY (RFC 2852).
  bool require_tls = false;  ///< REQUIRETLS (RFC 8689): on over verified TLS only, else back to the sender.
  std::string envid{};       ///< The sender's name for this letter, for reports (RFC 3461); empty: none.
  std::optional<Ret> ret{};  ///< What comes back with a report of failure; RET.
  /// Of each of `recipients`; empty when nothing is said of any.
  std::vector<RecipientOptions> recipient_options{};

  /// What is said of recipient number `index`.
  RecipientOptions options_of(std::size_t index) const {
    return index < recipient_options.size() ? recipient_options[index] : RecipientOptions{};
  }
};

}  // namespace posthouse::smtp
