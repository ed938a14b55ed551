#pragma once
// Does an address have a name that leads back to it? (RFC 8601 section 3)
#include <string>

#include "posthouse/mailauth/results/result.h"
#include "posthouse/mime/fields/authentication_results.h"
#include "posthouse/net/address.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// What came out, and how.
struct IprevOutcome {
  Verdict verdict = Verdict::none;  ///< pass, fail, temperror; permerror when the address has no name.
  std::string reason{};             ///< One sentence.
  std::string name{};               ///< On pass: the first name that leads back.
  net::Address ip{};                ///< What was asked about.
  Steps steps{};                    ///< How it came about.
};

/// Asks for the names of `ip` and for the addresses of the first ten of them. Never throws for what the DNS holds; only
/// net::Error (Errc::canceled) goes through.
///
///     check_iprev(net::Address("192.0.2.1", 0), resolver).name;  // "mail.example.org"
IprevOutcome check_iprev(const net::Address& ip, net::Resolver& resolver, net::Deadline deadline = {});

/// "iprev=pass policy.iprev=192.0.2.1 (mail.example.org)" (RFC 8601 section 2.7.3).
mime::AuthenticationResult authentication_result(const IprevOutcome& outcome);

}  // namespace posthouse::mailauth
