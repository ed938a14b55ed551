#include "posthouse/mailauth/iprev.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/lookup.h"

namespace posthouse::mailauth {
namespace {

IprevOutcome& concluded(IprevOutcome& outcome, Verdict verdict, std::string reason) {
  outcome.verdict = verdict;
  outcome.reason = std::move(reason);
  outcome.steps.push_back(fmt::format("result: {}, {}", to_string(verdict), outcome.reason));
  return outcome;
}

}  // namespace

IprevOutcome check_iprev(const net::Address& ip, net::Resolver& resolver, net::Deadline deadline) {
  constexpr std::size_t most_names = 10;
  IprevOutcome outcome;
  outcome.ip = ip;
  if (!ip.is_ip()) {
    return concluded(outcome, Verdict::permerror, "there is no IP address");
  }
  const bool ipv6 = ip.ipv4_octets().empty();
  const std::string_view octets = ipv6 ? ip.octets() : ip.ipv4_octets();
  const Lookup names = look_up(resolver, net::reverse_name(ip), net::DnsType::ptr, deadline);
  if (names.failed()) {
    return concluded(outcome, Verdict::temperror, names.why);
  }
  bool failed = false;
  std::size_t count = 0;
  for (const std::string& rdata : names.records) {
    const std::optional<std::string> name = net::parse_host_name(rdata);
    if (++count > most_names) {
      outcome.steps.push_back(fmt::format("more than {} names: the others are not looked at", most_names));
      break;
    }
    if (!name) {
      outcome.steps.push_back(fmt::format("a name of {} is none of a host", ip.ip()));
      continue;
    }
    Lookup forward;
    const auto addresses = look_up_addresses(resolver, *name, ipv6, deadline, forward);
    const bool leads_back = std::any_of(addresses.begin(), addresses.end(),
                                        [&](const net::Address& address) { return address.octets() == octets; });
    failed = failed || forward.failed();
    outcome.steps.push_back(fmt::format("{} is called {}: {}", ip.ip(), *name,
                                        leads_back          ? "leads back"
                                        : addresses.empty() ? forward.why
                                                            : "leads elsewhere, to " + addresses.front().ip()));
    if (leads_back) {
      outcome.name = *name;
      return concluded(outcome, Verdict::pass, fmt::format("{} is {}", ip.ip(), *name));
    }
  }
  if (count == 0) {
    return concluded(outcome, Verdict::permerror, fmt::format("{} has no name", ip.ip()));
  }
  return failed ? concluded(outcome, Verdict::temperror, "the DNS could not say where the names lead")
                : concluded(outcome, Verdict::fail, fmt::format("no name of {} leads back to it", ip.ip()));
}

mime::AuthenticationResult authentication_result(const IprevOutcome& outcome) {
  mime::AuthenticationResult result;
  result.method = "iprev";
  result.result = to_string(outcome.verdict);
  result.comment = outcome.verdict == Verdict::pass ? outcome.name : outcome.reason;
  result.properties.push_back({"policy", "iprev", outcome.ip.ip()});
  return result;
}

}  // namespace posthouse::mailauth
