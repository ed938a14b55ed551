// The records and policies of MTA-STS, and a host they are matched with.
//
// The first line is a TXT record and then a host; the rest is the policy. What is read must be read again from its text, and
// a host matches nothing above or below what the policy names.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/mta_sts/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthouse;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  const std::string line(input.substr(0, end));
  std::string why;
  if (const auto id = mta_sts::parse_records({line}, why)) {
    fuzz::check(!id->empty() && id->size() <= 32);
  }
  if (end == std::string_view::npos) {
    return 0;
  }
  const auto policy = mta_sts::parse_policy(input.substr(end + 1), why);
  fuzz::check(policy.has_value() == why.empty());
  if (policy) {
    fuzz::check(policy->mx.size() <= 256 && policy->max_age.count() >= 0 && policy->max_age.count() <= 31'557'600);
    fuzz::check(mta_sts::parse_policy(policy->text, why).has_value());
    for (const std::string& pattern : policy->mx) {
      const bool wildcard = pattern.starts_with("*.");
      fuzz::check(policy->matches(wildcard ? "a" + pattern.substr(1) : pattern) || pattern.size() > 250);
    }
    static_cast<void>(policy->matches(line));
  }
  return 0;
}
