#pragma once
// Is a message from whom its From field says, and what does that domain want done if it is not? (DMARC, RFC 9989; RFC 7489)
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mailauth/dmarc/author.h"
#include "posthouse/mailauth/dmarc/organization.h"
#include "posthouse/mailauth/dmarc/record.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/mime/fields/authentication_results.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// A domain that SPF or DKIM looked at (RFC 9989 section 4.4).
struct AuthenticatedIdentifier {
  enum class Method : std::uint8_t { spf, dkim };
  Method method = Method::dkim;
  std::string domain{};             ///< SPF: that of the check of MAIL FROM. DKIM: the signature's d=.
  Verdict verdict = Verdict::none;  ///< pass counts; temperror leaves open what no other decides.
};

/// By which of the two RFCs.
struct DmarcOptions {
  /// With public_suffix_list RFC 7489 is followed otherwise, too: pct= counts, np= and t= do not, and of several authors'
  /// domains each is checked and the strictest policy holds.
  OrganizationMethod method = OrganizationMethod::tree_walk;
};

/// What came out, and how.
struct DmarcOutcome {
  /// pass, fail; none without a record; temperror when the DNS could not be asked, permerror when the From field or the
  /// record cannot be used.
  Verdict verdict = Verdict::none;
  std::string reason{};                         ///< One sentence.
  std::string author_domain{};                  ///< Of the From field; empty when there is none to check.
  std::string policy_domain{};                  ///< Whose record it is.
  std::string organizational_domain{};          ///< The author's; empty when it was not needed.
  DmarcPolicy policy = DmarcPolicy::none;       ///< What the record wants for this author's domain,
  std::string policy_tag{};                     ///< and by which tag: "p", "sp", "np"; empty without one.
  DmarcPolicy disposition = DmarcPolicy::none;  ///< What is to be done, after testing mode (t=) or sampling (pct=).
  bool testing = false;                         ///< The record says t=y.
  bool sampled_out = false;                     ///< By pct= the policy does not hold for this message.
  bool refuse = false;                          ///< The From field is one to refuse the message for.
  bool spf_aligned = false;                     ///< SPF passes for a domain of the author's organization.
  bool dkim_aligned = false;                    ///< A signature of the author's organization passes.
  OrganizationMethod method = OrganizationMethod::tree_walk;  ///< How the organization was found.
  std::optional<DmarcRecord> record{};                        ///< The record that counts.
  Steps steps{};                                              ///< How it came about.
};

/// Checks a message. Looks at 50 identifiers at most, and asks the DNS 8 questions at most for each that may matter (each
/// name once). Never throws for what the DNS holds; only net::Error (Errc::canceled) goes through.
///
///     const auto outcome = mailauth::check_dmarc(mailauth::dmarc_author(message),
///         {{AuthenticatedIdentifier::Method::spf, "example.org", spf.verdict}}, resolver);
///     if (outcome.disposition == mailauth::DmarcPolicy::reject) refuse(outcome.reason);
DmarcOutcome check_dmarc(const DmarcAuthor& author, const std::vector<AuthenticatedIdentifier>& identifiers,
                         net::Resolver& resolver, const DmarcOptions& options = {}, net::Deadline deadline = {});

/// "dmarc=fail (p=reject dis=reject) header.from=example.org policy.dmarc=reject" (RFC 8601 section 2.7.6).
mime::AuthenticationResult authentication_result(const DmarcOutcome& outcome);

}  // namespace posthouse::mailauth
