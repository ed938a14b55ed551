#include "posthouse/mailauth/dmarc/check.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/lookup.h"
#include "posthouse/mailauth/dns/name.h"
#include "posthouse/net/fiber.h"

namespace posthouse::mailauth {
namespace {

using Method = AuthenticatedIdentifier::Method;

DmarcPolicy one_less(DmarcPolicy policy) {
  return policy == DmarcPolicy::reject ? DmarcPolicy::quarantine : DmarcPolicy::none;
}

/// The check of one author's domain.
class DmarcEvaluation {
 public:
  DmarcEvaluation(const std::string& domain, net::Resolver& resolver, const DmarcOptions& options,
                  net::Deadline deadline)
      : resolver_(resolver), deadline_(deadline), records_(resolver, deadline, outcome_.steps) {
    outcome_.author_domain = domain;
    outcome_.method = options.method;
  }

  DmarcOutcome run(const std::vector<AuthenticatedIdentifier>& identifiers) {
    if (discover()) {
      find_policy();
      align(identifiers);
      dispose();
    }
    step(fmt::format("result: {}, {}", to_string(outcome_.verdict), outcome_.reason));
    return std::move(outcome_);
  }

 private:
  enum class Alignment : std::uint8_t { aligned, not_aligned, unknown };

  void step(std::string text) { outcome_.steps.push_back(std::move(text)); }
  bool end(Verdict verdict, std::string reason) {
    outcome_.verdict = verdict;
    outcome_.reason = std::move(reason);
    return false;
  }
  bool is_rfc_7489() const { return outcome_.method == OrganizationMethod::public_suffix_list; }

  const Organization& organization() {
    if (!organization_) {
      organization_ = organization_of(outcome_.method, records_, outcome_.author_domain);
      outcome_.organizational_domain = organization_->domain;
      step(fmt::format("the organizational domain of {} is {}", outcome_.author_domain, organization_->domain));
    }
    return *organization_;
  }

  /// Finds the record that counts (RFC 9989 section 4.10.1); false when the result is there without one.
  bool discover() {
    if (!take_record(outcome_.author_domain)) {
      const Organization& found = organization();
      failed_ = failed_ || found.failed;
      if (!take_record(found.domain) && !found.public_suffix.empty()) {
        take_record(found.public_suffix);
      }
    }
    if (failed_) {
      // What was not answered may be the very record that counts.
      outcome_.record.reset();
      outcome_.policy_domain.clear();
      return end(Verdict::temperror, "the DNS could not say which DMARC record there is");
    }
    if (!outcome_.record) {
      return end(Verdict::none, outcome_.author_domain + " has no DMARC record");
    }
    if (!outcome_.record->usable()) {
      return end(Verdict::permerror,
                 fmt::format("the DMARC record of {} has no policy that can be used", outcome_.policy_domain));
    }
    return true;
  }

  bool take_record(const std::string& domain) {
    const DmarcRecords::Entry& entry = records_.at(domain);
    failed_ = failed_ || entry.failed;
    if (!entry.record) {
      return false;
    }
    outcome_.record = entry.record;
    outcome_.policy_domain = domain;
    return true;
  }

  void find_policy() {
    const DmarcRecord& record = *outcome_.record;
    outcome_.testing = record.testing;
    if (record.bad_policy) {
      step("without a policy that can be used the record counts as p=none");
      return;
    }
    outcome_.policy = record.policy.value_or(DmarcPolicy::none);
    outcome_.policy_tag = "p";
    if (outcome_.author_domain == outcome_.policy_domain) {
      return;
    }
    if (record.nonexistent_policy && !is_rfc_7489() && !exists()) {
      outcome_.policy = *record.nonexistent_policy;
      outcome_.policy_tag = "np";
    } else if (record.subdomain_policy) {
      outcome_.policy = *record.subdomain_policy;
      outcome_.policy_tag = "sp";
    }
  }

  /// RFC 9989 section 3.2.10: a domain for which there is neither A nor AAAA nor MX does not exist.
  bool exists() {
    for (const net::DnsType type : {net::DnsType::mx, net::DnsType::a, net::DnsType::aaaa}) {
      const Lookup lookup = look_up(resolver_, outcome_.author_domain, type, deadline_);
      if (lookup.found() || lookup.failed()) {
        step(fmt::format("{} {}", outcome_.author_domain, lookup.found() ? "exists" : "may exist: " + lookup.why));
        return true;
      }
    }
    step(outcome_.author_domain + " does not exist");
    return false;
  }

  void align(const std::vector<AuthenticatedIdentifier>& identifiers) {
    constexpr std::size_t most_identifiers = 50;
    std::string open;  // what might have passed
    std::size_t count = 0;
    for (const AuthenticatedIdentifier& identifier : identifiers) {
      const std::string_view method = identifier.method == Method::spf ? "SPF" : "DKIM";
      if (++count > most_identifiers) {
        step(fmt::format("more than {} identifiers: the others are not looked at", most_identifiers));
        break;
      }
      const bool passes = identifier.verdict == Verdict::pass;
      if (!passes && identifier.verdict != Verdict::temperror) {
        step(fmt::format("{} for {}: {}", method, printable(identifier.domain), to_string(identifier.verdict)));
        continue;
      }
      const Alignment alignment = alignment_of(identifier);
      step(fmt::format("{} for {}: {}, {}", method, printable(identifier.domain), to_string(identifier.verdict),
                       alignment == Alignment::aligned       ? "aligned"
                       : alignment == Alignment::not_aligned ? "not aligned"
                                                             : "nobody could say whether it is aligned"));
      if (passes && alignment == Alignment::aligned) {
        (identifier.method == Method::spf ? outcome_.spf_aligned : outcome_.dkim_aligned) = true;
      } else if (alignment != Alignment::not_aligned) {
        open = identifier.domain;
      }
    }
    conclude(open);
  }

  void conclude(const std::string& open) {
    if (outcome_.spf_aligned || outcome_.dkim_aligned) {
      end(Verdict::pass, fmt::format("{} for the organization of {}",
                                     outcome_.spf_aligned && outcome_.dkim_aligned ? "SPF and DKIM pass"
                                     : outcome_.spf_aligned                        ? "SPF passes"
                                                                                   : "DKIM passes",
                                     outcome_.author_domain));
    } else if (!open.empty()) {
      end(Verdict::temperror, fmt::format("the DNS could not say about {}", printable(open)));
    } else {
      end(Verdict::fail, fmt::format("neither SPF nor DKIM passes for the organization of {}", outcome_.author_domain));
    }
  }

  // RFC 9989 section 4.10.2. A domain of the author's organization is the organization's or below it: what is neither
  // costs no question.
  Alignment alignment_of(const AuthenticatedIdentifier& identifier) {
    const std::string domain = domain_to_ascii(identifier.domain).value_or(std::string());
    if (domain == outcome_.author_domain) {
      return Alignment::aligned;
    }
    const bool strict = identifier.method == Method::spf ? outcome_.record->strict_spf : outcome_.record->strict_dkim;
    if (strict || domain.empty()) {
      return Alignment::not_aligned;
    }
    const Organization& author = organization();
    if (author.failed) {
      return Alignment::unknown;
    }
    if (!is_domain_or_below(domain, author.domain)) {
      return Alignment::not_aligned;
    }
    const Organization other = organization_of(outcome_.method, records_, domain);
    if (other.failed) {
      return Alignment::unknown;
    }
    return other.domain == author.domain ? Alignment::aligned : Alignment::not_aligned;
  }

  void dispose() {
    if (outcome_.verdict != Verdict::fail) {
      return;
    }
    outcome_.disposition = outcome_.policy;
    if (outcome_.policy == DmarcPolicy::none) {
      return;
    }
    if (!is_rfc_7489() && outcome_.testing) {
      outcome_.disposition = one_less(outcome_.policy);
      step(fmt::format("testing mode (t=y): {} instead of {}", to_string(outcome_.disposition),
                       to_string(outcome_.policy)));
    } else if (is_rfc_7489() && net::random_below(100) >= outcome_.record->percent) {
      outcome_.sampled_out = true;
      outcome_.disposition = one_less(outcome_.policy);
      step(fmt::format("pct={}: this time {} instead of {}", outcome_.record->percent, to_string(outcome_.disposition),
                       to_string(outcome_.policy)));
    }
  }

  net::Resolver& resolver_;
  net::Deadline deadline_;
  DmarcOutcome outcome_;
  DmarcRecords records_;  // writes to outcome_.steps
  std::optional<Organization> organization_;
  bool failed_ = false;
};

DmarcOutcome without_check(Verdict verdict, std::string reason, const DmarcOptions& options, bool refuse) {
  DmarcOutcome outcome;
  outcome.verdict = verdict;
  outcome.method = options.method;
  outcome.refuse = refuse;
  outcome.steps = {reason, fmt::format("result: {}", to_string(verdict))};
  outcome.reason = std::move(reason);
  return outcome;
}

/// RFC 7489 section 6.6.1: each domain is checked, and the strictest policy holds.
DmarcOutcome strictest(const DmarcAuthor& author, const std::vector<AuthenticatedIdentifier>& identifiers,
                       net::Resolver& resolver, const DmarcOptions& options, net::Deadline deadline) {
  constexpr std::size_t most_domains = 10;
  if (author.domains.size() > most_domains) {
    return without_check(Verdict::permerror, fmt::format("the authors are of more than {} domains", most_domains),
                         options, true);
  }
  const auto weight = [](const DmarcOutcome& outcome) {
    return std::pair(outcome.disposition, outcome.verdict == Verdict::pass   ? 0
                                          : outcome.verdict == Verdict::none ? 1
                                                                             : 2);
  };
  std::optional<DmarcOutcome> chosen;
  Steps steps;
  for (const std::string& domain : author.domains) {
    DmarcOutcome outcome = DmarcEvaluation(domain, resolver, options, deadline).run(identifiers);
    steps.insert(steps.end(), outcome.steps.begin(), outcome.steps.end());
    if (!chosen || weight(outcome) > weight(*chosen)) {
      chosen = std::move(outcome);
    }
  }
  chosen->steps = std::move(steps);
  return std::move(*chosen);
}

}  // namespace

DmarcOutcome check_dmarc(const DmarcAuthor& author, const std::vector<AuthenticatedIdentifier>& identifiers,
                         net::Resolver& resolver, const DmarcOptions& options, net::Deadline deadline) {
  if (author.domains.empty()) {
    return without_check(Verdict::permerror, author.problem, options, author.refuse);
  }
  if (author.domains.size() == 1) {
    return DmarcEvaluation(author.domains.front(), resolver, options, deadline).run(identifiers);
  }
  if (options.method == OrganizationMethod::public_suffix_list) {
    return strictest(author, identifiers, resolver, options, deadline);
  }
  // RFC 9989 section 5.3.1: such mail is exempt.
  return without_check(Verdict::none,
                       fmt::format("the authors are of {} domains, {} and {}, which DMARC does not judge",
                                   author.domains.size(), author.domains[0], author.domains[1]),
                       options, false);
}

mime::AuthenticationResult authentication_result(const DmarcOutcome& outcome) {
  mime::AuthenticationResult result;
  result.method = "dmarc";
  result.result = to_string(outcome.verdict);
  if (!outcome.author_domain.empty()) {
    result.properties.push_back({"header", "from", outcome.author_domain});
  }
  if (outcome.policy_tag.empty()) {
    result.comment = outcome.reason;
  } else {
    result.comment =
        fmt::format("{}={} dis={}", outcome.policy_tag, to_string(outcome.policy), to_string(outcome.disposition));
    result.properties.push_back({"policy", "dmarc", std::string(to_string(outcome.disposition))});
  }
  return result;
}

}  // namespace posthouse::mailauth
