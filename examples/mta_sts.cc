// Which hosts may take a domain's mail, as the domain says by MTA-STS: mta_sts DOMAIN
#include "posthouse/mta_sts/mta_sts.h"

#include <iostream>

using namespace posthouse;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::cerr << "usage: mta_sts DOMAIN\n";
    return 2;
  }
  const mail::Domain domain(argv[1]);
  net::SystemResolver resolver;
  mta_sts::MemoryCache cache;  // or mta_sts::StoreCache, which lasts
  mta_sts::Policies policies(resolver, cache);
  const auto answer = policies.policy_of(domain, 90s);
  if (!answer.why.empty()) std::cout << answer.why << '\n';
  if (!answer.policy) return 1;
  for (const auto& mx : resolver.mx(domain.ascii(), 30s)) {
    std::cout << mx.exchange << (answer.policy->matches(mx.exchange) ? " may" : " must not") << " take its mail\n";
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
