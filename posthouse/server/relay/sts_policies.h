#pragma once
// MTA-STS policies for the relay (RFC 8461). Private to this module.
#include <memory>

#include "posthouse/mta_sts/policies.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/relay/tls/sts.h"

namespace posthouse::server {

/// What the relay is told of an answer.
relay::StsAnswer sts_answer(const mta_sts::PolicyAnswer& found);

/// The policies of all domains, kept in `cache`, refreshed ahead.
class StsPolicies {
 public:
  /// `resolver` must outlive it.
  StsPolicies(net::Resolver& resolver, std::unique_ptr<mta_sts::Cache> cache);

  /// For relay::TlsRules::find_sts. Must not outlive this.
  relay::FindSts finder();
  /// Refreshes what is due every hour, until stop().
  void run();
  /// From any thread.
  void stop() noexcept;

 private:
  std::unique_ptr<mta_sts::Cache> cache_;
  mta_sts::Policies policies_;
  net::Event stopped_;
};

}  // namespace posthouse::server
