#pragma once
// A key of ours as the DNS has it, or should.
#include <string>
#include <string_view>

#include "posthouse/mailauth/keys/private_key.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// The record as a line of a zone file, its text in strings of at most 255 octets (RFC 1035 section 5.1).
///
///     mail._domainkey.example.org. IN TXT ( "v=DKIM1; k=rsa; p=…" "…" )
std::string zone_line(std::string_view name, std::string_view text);

/// A key held against what is published for it.
struct PublishedKey {
  Verdict verdict = Verdict::none;  ///< pass; fail: another key; temperror, permerror: no key, or one of no use.
  std::string reason{};             ///< Why not, in words.
  std::string found{};              ///< The text that was found, made printable; empty when there was none.
  bool testing = false;             ///< The record says t=y.
  bool secure = false;              ///< DNSSEC vouches for it.
};

/// Looks up what is published under a selector of a domain, and says whether it lets others verify what `key` signs.
/// Parks the fiber or blocks the thread; throws net::Error (Errc::canceled) only, and Error (Errc::crypto).
PublishedKey check_published_key(net::Resolver& resolver, std::string_view selector, std::string_view domain,
                                 const PrivateKey& key, net::Deadline deadline = {});

}  // namespace posthouse::mailauth
