#pragma once
// Paths as MAIL and RCPT carry them: RFC 5321 sections 4.1.2 and 4.1.3, with the UTF-8 of RFC 6531 section 3.3.
//
//   Path       = "<" [ A-d-l ":" ] Mailbox ">"        A-d-l (a source route) is read and dropped
//   Mailbox    = Local-part "@" ( Domain / address-literal )
//   Local-part = Dot-string / Quoted-string           at most 64 octets
//   Domain     = sub-domain *("." sub-domain)         "_" is let pass; U-labels are (RFC 6531)
//   address-literal = "[" ( IPv4 / "IPv6:" IPv6 ) "]"
//
// AddressSyntax::wire takes more.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/mail/address.h"

namespace posthouse::mail {

/// What a path may be beside a mailbox.
enum class PathKind : std::uint8_t {
  reverse,  ///< `<>` too.
  forward,  ///< `<postmaster>` too, case aside (RFC 5321 section 4.5.1).
};

/// A path that was read.
struct Path {
  std::string text{};  ///< As it was written, without brackets and route, quoted only where needed; empty for `<>`.
  std::optional<Address> address{};  ///< The same as a value; nothing for `<>` and `<postmaster>`.

  /// False: it is for SMTPUTF8 transactions only.
  bool is_ascii() const noexcept;
};

/// Takes a path off the front of `text`; nothing, and `text` as it was, when there is none that is well formed and at most
/// 256 octets long. Linear, and what is not a path is not copied.
///
///     std::string_view line = "<ann@one.test> SIZE=100";
///     mail::take_path(line, mail::PathKind::reverse)->text;  // "ann@one.test"; `line` is " SIZE=100" now
std::optional<Path> take_path(std::string_view& text, PathKind kind, AddressSyntax syntax = AddressSyntax::rfc);

/// True when `address` may stand in a path: `local-part@domain`, together with the brackets at most 256 octets.
bool is_mailbox(std::string_view address, AddressSyntax syntax = AddressSyntax::rfc);

}  // namespace posthouse::mail
