#include "posthouse/server/relay/sts_policies.h"

#include <string_view>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mail/domain.h"
#include "posthouse/net/error.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

relay::StsPolicy::Mode mode_of(mta_sts::Mode mode) {
  switch (mode) {
    case mta_sts::Mode::none:
      return relay::StsPolicy::Mode::none;
    case mta_sts::Mode::testing:
      return relay::StsPolicy::Mode::testing;
    case mta_sts::Mode::enforce:
      return relay::StsPolicy::Mode::enforce;
  }
  return relay::StsPolicy::Mode::none;
}

std::vector<std::string> lines_of(std::string_view text) {
  constexpr std::size_t most = 100;
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < most) {
    const std::size_t end = text.find('\n');
    if (const std::string_view line = trim(text.substr(0, end)); !line.empty()) {
      lines.emplace_back(line);
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

relay::StsAnswer sts_answer(const mta_sts::PolicyAnswer& found) {
  relay::StsAnswer answer{.failure = std::string(mta_sts::report_word(found.failure)), .text = found.why};
  if (found.policy) {
    answer.policy = relay::StsPolicy{
        .mode = mode_of(found.policy->mode), .mx = found.policy->mx, .lines = lines_of(found.policy->text)};
  }
  return answer;
}

StsPolicies::StsPolicies(net::Resolver& resolver, std::unique_ptr<mta_sts::Cache> cache)
    : cache_(std::move(cache)), policies_(resolver, *cache_) {}

relay::FindSts StsPolicies::finder() {
  return [this](const std::string& domain, net::Deadline deadline) -> relay::StsAnswer {
    const auto name = mail::Domain::parse(domain);
    return name ? sts_answer(policies_.policy_of(*name, deadline)) : relay::StsAnswer{};
  };
}

void StsPolicies::run() {
  constexpr auto between = std::chrono::hours(1);
  constexpr std::size_t most = 500;
  while (!stopped_.wait(net::Deadline(between))) {
    try {
      policies_.refresh(most, std::chrono::minutes(30));
    } catch (const posthouse::Error& error) {
      if (net::is_canceled(error)) {
        throw;
      }
      log_bounded(spdlog::level::warn, "trouble with MTA-STS", "error={}", shown(error.what()));
    }
  }
}

void StsPolicies::stop() noexcept {
  stopped_.set();
}

}  // namespace posthouse::server
