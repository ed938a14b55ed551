#pragma once
// The connection to the next hop, protected as its domain, the configuration and the letter ask.
#include <span>
#include <string>

#include "posthouse/net/address.h"
#include "posthouse/relay/next_hop.h"
#include "posthouse/relay/tls/rules.h"
#include "posthouse/smtp/client/client.h"

namespace posthouse::relay {

/// An open session with the first host of `hops` that lets us in and is protected as it must be.
struct Connected {
  smtp::Client client;
  std::string host{};
  net::Address address{};
  std::size_t hop = 0;  ///< The host's place in `hops`.
  /// What it was opened for: a session that ignores what a domain publishes must not serve other letters.
  LetterTls letter = LetterTls::as_published;
  Requirement::Level level = Requirement::Level::plain;  ///< What it was held to.
  /// The peer was verified (by DANE, or by authorities for a host that was vouched for) and offers REQUIRETLS.
  bool hands_on = false;

  /// True when a letter of that kind may go over this connection.
  bool suits(LetterTls other) const noexcept {
    return other == LetterTls::required       ? hands_on
           : other == LetterTls::as_published ? letter != LetterTls::not_required
                                              : true;
  }
};

/// Tries the addresses of `hops` in turn, at most `max_addresses`. `options` says all but how TLS is used; its
/// tls_context verifies nothing. Throws NoHost with what the last one said (of a letter that requires TLS: permanent,
/// 5.7.10 or 5.7.30, when no host can ever have it); LogInFailed where the hop has a user whom the host does not let in;
/// net::Error (Errc::canceled).
Connected connect_to(std::span<const Hop> hops, net::Resolver& resolver, const smtp::ClientOptions& options,
                     const TlsRules& rules, LetterTls letter = LetterTls::as_published, const Sources& sources = {});

inline constexpr std::size_t max_addresses = 10;

}  // namespace posthouse::relay
