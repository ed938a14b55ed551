#pragma once
// The picture a domain would like to be shown by (BIMI, draft-brand-indicators-for-message-identification). Looked up to be
// shown; nothing is fetched, and nothing is believed by it.
#include <string>
#include <string_view>

#include "posthouse/mailauth/dmarc/organization.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// What a domain has published.
struct BimiRecord {
  Verdict verdict = Verdict::none;  ///< pass: there is a record; none, temperror, permerror.
  std::string reason{};             ///< One sentence.
  std::string domain{};             ///< Whose record it is: the author's, or that of the organization.
  std::string selector{};           ///< "default", or what the message asks for (BIMI-Selector).
  std::string location{};           ///< l=: the URI of the picture; empty: the domain wants none.
  std::string authority{};          ///< a=: the URI of the certificate for it; may be empty.
  Steps steps{};                    ///< How it came about.
};

/// What a message would like its picture to be looked for under, by its BIMI-Selector field ("v=BIMI1; s=logo");
/// "default" where that is no label.
std::string bimi_selector(std::string_view field);

/// Looks at the author's domain, and then at that of its organization. Never throws for what the DNS holds; only net::Error
/// (Errc::canceled) goes through.
BimiRecord look_up_bimi(const std::string& author_domain, net::Resolver& resolver,
                        const std::string& selector = "default", net::Deadline deadline = {});

}  // namespace posthouse::mailauth
