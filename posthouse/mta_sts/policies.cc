#include "posthouse/mta_sts/policies.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "posthouse/net/error.h"

namespace posthouse::mta_sts {
namespace {

constexpr std::size_t most_failures = 10'000;

std::chrono::sys_seconds second_now() {
  return std::chrono::floor<std::chrono::seconds>(net::wall_now());
}

PolicyAnswer answer_with(const CachedPolicy& cached, Failure failure = Failure::none, std::string why = {}) {
  return {.policy = cached.policy, .id = cached.id, .failure = failure, .why = std::move(why)};
}

/// A clock that was set back must not make a policy live longer than it says.
bool holds(const CachedPolicy& cached, std::chrono::sys_seconds now) noexcept {
  return now < cached.expires_at() && cached.fetched_at <= now + std::chrono::hours(24);
}

}  // namespace

/// The right to fetch the policy of one domain.
class Policies::Turn {
 public:
  /// Waits until nobody else fetches it; is_ours() is false when the deadline passed first.
  Turn(Policies& policies, const std::string& domain, net::Deadline deadline) : policies_(policies), domain_(domain) {
    std::unique_lock lock(policies_.mutex_);
    ours_ = policies_.fetched_.wait(lock, deadline, [&] { return !policies_.fetching_.contains(domain_); });
    if (ours_) {
      policies_.fetching_.insert(domain_);
    }
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (ours_) {
      const std::lock_guard lock(policies_.mutex_);
      policies_.fetching_.erase(domain_);
      policies_.fetched_.notify_all();
    }
  }
  bool is_ours() const noexcept { return ours_; }

 private:
  Policies& policies_;
  const std::string& domain_;
  bool ours_ = false;
};

Policies::Policies(net::Resolver& resolver, Cache& cache, PoliciesOptions options)
    : resolver_(resolver), cache_(cache), options_([&] {
        if (!options.fetch) {
          options.fetch = [&resolver](const std::string& domain, net::Deadline deadline) {
            FetchOptions fetch;
            fetch.connect.resolver = &resolver;
            return fetch_policy(domain, deadline, fetch);
          };
        }
        return std::move(options);
      }()) {}

PolicyAnswer Policies::policy_of(const mail::Domain& domain, net::Deadline deadline) {
  if (domain.is_literal()) {
    return {};
  }
  return answer_for(domain.ascii(), ask(domain.ascii(), deadline), deadline);
}

Policies::Asked Policies::ask(const std::string& domain, net::Deadline deadline) {
  Asked asked;
  try {
    const auto answer = resolver_.txt("_mta-sts." + domain, deadline);
    asked.id = parse_records(answer.records, asked.why);
    const bool any =
        std::any_of(answer.begin(), answer.end(), [](const std::string& text) { return text.starts_with("v=STSv1"); });
    asked.failure = !asked.id && any ? Failure::record_invalid : Failure::none;
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    if (error.errc() != net::Errc::name_not_found || error.retryable()) {
      asked.failure = Failure::dns;
    }
    asked.why = error.what();
  }
  return asked;
}

PolicyAnswer Policies::answer_for(const std::string& domain, const Asked& asked, net::Deadline deadline) {
  const auto is_current = [&](const std::optional<CachedPolicy>& cached, std::chrono::sys_seconds now) {
    return cached && holds(*cached, now) && cached->id == *asked.id && now < cached->refresh_at();
  };
  std::optional<CachedPolicy> cached = cache_.find(domain);
  if (!asked.id) {
    if (cached && holds(*cached, second_now())) {
      return answer_with(*cached, asked.failure, asked.why);
    }
    return {.policy = {}, .id = {}, .failure = asked.failure, .why = asked.why};
  }
  if (is_current(cached, second_now())) {
    return answer_with(*cached);
  }
  const Turn turn(*this, domain, deadline);
  cached = cache_.find(domain);
  if (is_current(cached, second_now())) {
    return answer_with(*cached);
  }
  PolicyAnswer answer;
  if (const auto failure = remembered(domain, *asked.id)) {
    answer.failure = failure->failure;
    answer.why = failure->why;
  } else if (!turn.is_ours()) {
    answer.failure = Failure::policy_fetch;
    answer.why = "there was no time to fetch the policy";
  } else {
    answer = fetch(domain, *asked.id, deadline);
  }
  if (!answer.policy && cached && holds(*cached, second_now())) {
    return answer_with(*cached, answer.failure, std::move(answer.why));
  }
  return answer;
}

PolicyAnswer Policies::fetch(const std::string& domain, const std::string& id, net::Deadline deadline) {
  FetchedText fetched =
      options_.fetch(domain, net::Deadline::earlier(deadline, net::Deadline::after(options_.fetch_timeout)));
  if (fetched.text) {
    if (std::optional<Policy> policy = parse_policy(*fetched.text, fetched.why)) {
      const CachedPolicy cached{.domain = domain, .id = id, .policy = std::move(*policy), .fetched_at = second_now()};
      cache_.put(cached);
      return answer_with(cached);
    }
    fetched.failure = Failure::policy_invalid;
  }
  remember(domain,
           {.until = second_now() + options_.failure_pause, .id = id, .failure = fetched.failure, .why = fetched.why});
  return {.policy = {}, .id = {}, .failure = fetched.failure, .why = std::move(fetched.why)};
}

void Policies::remember(const std::string& domain, Remembered failure) {
  const std::lock_guard lock(mutex_);
  if (failures_.size() >= most_failures) {
    const auto now = second_now();
    std::erase_if(failures_, [&](const auto& entry) { return entry.second.until <= now; });
    if (failures_.size() >= most_failures) {
      failures_.erase(failures_.begin());
    }
  }
  failures_.insert_or_assign(domain, std::move(failure));
}

std::optional<Policies::Remembered> Policies::remembered(const std::string& domain, const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find(domain);
  if (found == failures_.end()) {
    return std::nullopt;
  }
  const auto now = second_now();
  // Another id is another policy, which may be good; a moment far ahead is that of a clock that was set back since.
  if (found->second.id != id || found->second.until <= now || found->second.until > now + 2 * options_.failure_pause) {
    failures_.erase(found);
    return std::nullopt;
  }
  return found->second;
}

std::size_t Policies::refresh(std::size_t most, net::Deadline deadline) {
  const auto begin = second_now();
  cache_.drop_expired(begin);
  std::size_t fetched = 0;
  for (const std::string& domain : cache_.due(begin, most)) {
    if (deadline.expired()) {
      break;
    }
    answer_for(domain, ask(domain, deadline), deadline);
    const std::optional<CachedPolicy> now_kept = cache_.find(domain);
    fetched += now_kept && now_kept->fetched_at >= begin ? 1 : 0;
  }
  return fetched;
}

}  // namespace posthouse::mta_sts
