#pragma once
// What a back end may know about the session a request came in.
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/net/address.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::smtp {

/// The kinds of listeners.
enum class Kind {
  mx,          ///< Port 25: other servers bring mail for our domains; no log-in.
  submission,  ///< Ports 587 and 465: our users bring mail for anybody; MAIL only after a log-in.
};

/// The session as it stands. Belongs to serve_session(); valid during the call it is passed to.
struct Session {
  Kind kind = Kind::mx;
  std::string hostname{};             ///< Our name.
  net::Address local{};               ///< Where the client connected to.
  net::Address peer{};                ///< Where it came from.
  std::string helo{};                 ///< What EHLO or HELO said, unverified; an octet that cannot stand in a name or
                                      ///< an address literal is a question mark, as headers want it.
  bool esmtp = false;                 ///< It was EHLO.
  std::optional<net::TlsInfo> tls{};  ///< Set while TLS is on.
  std::string user{};                 ///< Who logged in, as the verifier named them; empty: nobody.
  std::int64_t user_id = 0;           ///< The verifier's own number for that user.
  std::uint64_t messages = 0;         ///< Messages accepted so far.

  /// What to put behind "with" in a Received header: "ESMTPSA" and its like (RFC 3848; "UTF8SMTPSA", RFC 6531 section
  /// 4.3, when `smtputf8`).
  std::string protocol(bool smtputf8 = false) const;
};

}  // namespace posthouse::smtp
