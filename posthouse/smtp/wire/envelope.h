#pragma once
// Who sends a message to whom, as MAIL and RCPT say it, which need not be what its headers say.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace posthouse::smtp {

/// What MAIL's BODY parameter says (RFC 6152, RFC 3030 section 3).
enum class Body {
  seven_bit,  ///< BODY=7BIT or nothing.
  eight_bit,  ///< BODY=8BITMIME.
  binary,     ///< BODY=BINARYMIME: any octets, lines or not.
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
};

}  // namespace posthouse::smtp
