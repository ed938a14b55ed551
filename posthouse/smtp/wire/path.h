#pragma once
// Paths as MAIL and RCPT carry them: RFC 5321 sections 4.1.2 and 4.1.3, with the UTF-8 of RFC 6531 section 3.3.
//
//   Path       = "<" [ A-d-l ":" ] Mailbox ">"        A-d-l (a source route) is read and dropped
//   Mailbox    = Local-part "@" ( Domain / address-literal )
//   Local-part = Dot-string / Quoted-string           at most 64 octets
//   Domain     = sub-domain *("." sub-domain)         at most 255 octets, labels at most 63; "_" is let pass
//   address-literal = "[" ( IPv4 / "IPv6:" IPv6 ) "]"
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::smtp {

/// What a path may be beside a mailbox.
enum class PathKind {
  reverse,  ///< `<>` too.
  forward,  ///< `<postmaster>` too, case aside.
};

/// A path that was read.
struct Path {
  std::string address;  ///< Without brackets and route, quoted only where needed; empty for `<>`.
  bool ascii = true;    ///< False: it is for SMTPUTF8 transactions only.
};

/// Takes a path off the front of `text`; nothing when there is none that is well formed and at most 256 octets long.
std::optional<Path> take_path(std::string_view& text, PathKind kind);

/// True when `address` is a mailbox as above, in which `address` may hold UTF-8.
bool is_mailbox(std::string_view address);

/// True when `text` is well-formed UTF-8.
bool is_utf8(std::string_view text) noexcept;

}  // namespace posthouse::smtp
