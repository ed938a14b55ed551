#pragma once
// Which policy a domain has now: asked, fetched and kept as RFC 8461 has it.
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "posthouse/mail/domain.h"
#include "posthouse/mta_sts/cache.h"
#include "posthouse/mta_sts/fetch.h"
#include "posthouse/mta_sts/policy.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/fiber.h"

namespace posthouse::mta_sts {

/// What policy_of() has found.
struct PolicyAnswer {
  std::optional<Policy> policy{};   ///< What holds now. None: TLS is opportunistic.
  std::string id{};                 ///< Of that policy.
  Failure failure = Failure::none;  ///< Also with a policy, where an older one holds on.
  std::string why{};                ///< Of the failure, for people.

  /// True when mail must not go to a host that the policy does not match, or that has no valid certificate.
  bool is_enforced() const noexcept { return policy && policy->mode == Mode::enforce; }
};

/// Fetches the policy of a domain (A-labels) by HTTPS. Throws only cancellation.
using Fetch = std::function<FetchedText(const std::string& domain, net::Deadline deadline)>;

struct PoliciesOptions {
  /// How a policy is fetched; empty: fetch_policy() of fetch.h with the system's authorities.
  Fetch fetch{};
  /// How long one may take to be fetched (RFC 8461 section 3.3 proposes a minute).
  net::Duration fetch_timeout = std::chrono::seconds(60);
  /// How long a failure is remembered before that policy is fetched again (RFC 8461 section 3.3: five minutes or more).
  std::chrono::seconds failure_pause = std::chrono::minutes(5);
};

/// The policies of all domains. Safe to use from all fibers.
///
///     mta_sts::MemoryCache cache;
///     mta_sts::Policies policies(resolver, cache);
///     const auto answer = policies.policy_of(mail::Domain("example.org"), 90s);
///     if (answer.is_enforced() && !answer.policy->matches(mx.exchange)) …  // no mail goes there
class Policies {
 public:
  /// All three must outlive it.
  Policies(net::Resolver& resolver, Cache& cache, PoliciesOptions options = {});

  /// What holds for mail to `domain` now. Asks the DNS for the id; fetches the policy when the id is not the one it has,
  /// when the one it has has ended, or is to be refreshed. What it has holds until its end whenever the DNS or the web
  /// server fails, or says that there is nothing (RFC 8461 sections 3.3 and 5.1). Each domain is fetched by one caller at a
  /// time, the others wait for it. An address literal has no policy.
  /// Throws net::Error (Errc::canceled), and what the cache throws; when the deadline passes that is an answer.
  PolicyAnswer policy_of(const mail::Domain& domain, net::Deadline deadline);

  /// Refreshes up to `most` policies that are due, forgets those that have ended, and returns how many were fetched: for
  /// a fiber that does it now and then (every hour, say), so that no letter waits for it and a policy that stays in use
  /// does not end while its web server is down. Throws as policy_of().
  std::size_t refresh(std::size_t most, net::Deadline deadline);

 private:
  struct Remembered {
    std::chrono::sys_seconds until{};
    std::string id{};
    Failure failure = Failure::none;
    std::string why{};
  };
  struct Asked {
    std::optional<std::string> id{};
    Failure failure = Failure::none;
    std::string why{};
  };
  class Turn;

  Asked ask(const std::string& domain, net::Deadline deadline);
  PolicyAnswer answer_for(const std::string& domain, const Asked& asked, net::Deadline deadline);
  PolicyAnswer fetch(const std::string& domain, const std::string& id, net::Deadline deadline);
  void remember(const std::string& domain, Remembered failure);
  std::optional<Remembered> remembered(const std::string& domain, const std::string& id);

  net::Resolver& resolver_;
  Cache& cache_;
  const PoliciesOptions options_;
  fiber::Mutex mutex_;  // guards what follows
  fiber::Condition fetched_;
  std::set<std::string> fetching_;
  std::map<std::string, Remembered> failures_;
};

}  // namespace posthouse::mta_sts
