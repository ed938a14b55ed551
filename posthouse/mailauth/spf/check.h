#pragma once
// May this client send mail in the name of this domain? (SPF, RFC 7208)
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/results/result.h"
#include "posthouse/mime/fields/authentication_results.h"
#include "posthouse/net/address.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// The arguments of check_host() (RFC 7208 section 4.1). Made by spf_mail_from() and spf_helo().
struct SpfQuery {
  enum class Identity { mail_from, helo };

  net::Address ip{};                        ///< The client; IPv4 that came in over IPv6 (mapped) is IPv4.
  std::string domain{};                     ///< Whose record is asked for.
  std::string sender{};                     ///< "local@domain"; without a local part it is "postmaster" (section 4.3).
  std::string helo{};                       ///< What the client called itself.
  std::string receiver{};                   ///< This host, for explanations (%{r}) and Received-SPF.
  Identity identity = Identity::mail_from;  ///< Which of the two names `domain` is from.
};

/// The check of a MAIL FROM (section 2.4): `mail_from` is the reverse-path without "<" and ">"; where it is empty, the
/// domain is that of the HELO and the sender its postmaster.
SpfQuery spf_mail_from(const net::Address& ip, std::string_view helo, std::string_view mail_from,
                       std::string_view receiver = {});
/// The check of a HELO or EHLO (section 2.3).
SpfQuery spf_helo(const net::Address& ip, std::string_view helo, std::string_view receiver = {});

/// Bounds of one check (section 4.6.4); beyond them it is a permerror, beyond the time a temperror.
struct SpfLimits {
  unsigned lookups = 10;                  ///< Mechanisms and modifiers that ask the DNS.
  unsigned void_lookups = 2;              ///< Questions of mechanisms that nothing came back for.
  unsigned names = 10;                    ///< Hosts of an MX record; names of an address (more are not looked at).
  std::size_t record_octets = 16 * 1024;  ///< Of one record.
  std::chrono::milliseconds time = std::chrono::seconds(20);  ///< Of the whole check.
};

/// What came out, and how.
struct SpfOutcome {
  Verdict verdict = Verdict::none;  ///< Never policy.
  std::string reason{};             ///< One sentence: "192.0.2.1 matches ip4:192.0.2.0/24 of example.org".
  std::string mechanism{};  ///< The term that decided, as written; "default" where none did; empty without a record.
  std::string
      explanation{};     ///< On fail: the domain's own words (exp=), printable ASCII, 500 octets at most. Not ours!
  SpfQuery query{};      ///< What was asked.
  unsigned lookups = 0;  ///< How many mechanisms and modifiers asked the DNS.
  unsigned void_lookups = 0;  ///< How many of their questions brought nothing.
  Steps steps{};              ///< What was read and compared, in order; indented in what is included.
};

/// The check_host() of RFC 7208 section 4. Never throws for what the DNS holds; only net::Error (Errc::canceled) goes
/// through. Nothing recurses, and the limits hold whatever the records say.
///
///     const auto outcome = mailauth::check_host(mailauth::spf_mail_from(peer, "mx.example.org", "ann@example.org"),
///                                               resolver);
///     if (outcome.verdict == mailauth::Verdict::fail) refuse(outcome.reason);
SpfOutcome check_host(const SpfQuery& query, net::Resolver& resolver, const SpfLimits& limits = {},
                      net::Deadline deadline = {});

/// "spf=pass (192.0.2.1 matches …) smtp.mailfrom=ann@example.org" (RFC 8601 section 2.7.2).
mime::AuthenticationResult authentication_result(const SpfOutcome& outcome);

/// The value of a Received-SPF field (section 9.1), on one line; the name is for the caller to put in front.
///
///     pass (mx.example.net: 192.0.2.1 matches …) client-ip=192.0.2.1; envelope-from="ann@example.org"; …
std::string received_spf(const SpfOutcome& outcome);

}  // namespace posthouse::mailauth
