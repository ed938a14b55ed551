// Any octets are a DMARC record, which every name has, and a From field: what is read is within its bounds, and a check asks
// no more than it may.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mailauth/dmarc/check.h"
#include "posthouse/mailauth/testing/one_text_resolver.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto record = mailauth::DmarcRecord::parse(text)) {
    require(mailauth::is_dmarc_record(text));
    require(record->percent <= 100 && record->aggregate_uris.size() <= 100 && record->problems.size() <= 20);
    require(record->bad_policy || record->policy.has_value());
  }
  using Method = mailauth::AuthenticatedIdentifier::Method;
  const std::vector<mailauth::AuthenticatedIdentifier> identifiers{
      {Method::spf, "b.c.d.e.f.g.h.one.test", mailauth::Verdict::pass},
      {Method::dkim, std::string(text.substr(0, 100)), mailauth::Verdict::pass}};
  for (const auto method :
       {mailauth::OrganizationMethod::tree_walk, mailauth::OrganizationMethod::public_suffix_list}) {
    mailauth::testing::OneTextResolver resolver{std::string(text)};
    const auto outcome =
        mailauth::check_dmarc({{"a.b.c.d.e.f.g.h.i.one.test"}, {}, false}, identifiers, resolver, {method});
    require(resolver.questions <= 3 * 8 + 3);
    require(outcome.verdict == mailauth::Verdict::fail || outcome.disposition == mailauth::DmarcPolicy::none);
  }
  const auto author = mailauth::dmarc_author(mime::Message::parse("From: " + std::string(text) + "\r\n\r\n"));
  require(author.problem.empty() != author.domains.empty() && author.domains.size() <= 100);
  return 0;
}
