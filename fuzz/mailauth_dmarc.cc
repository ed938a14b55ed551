// Any octets are a DMARC record, which every name has, and a From field: what is read is within its bounds, and a check asks
// no more than it may.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mailauth/dmarc/check.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

class OneRecord final : public net::Resolver {
 public:
  explicit OneRecord(std::string_view record) : record_(record) {}
  std::vector<net::Address> addresses(const std::string&, std::uint16_t, net::Deadline) override { return {}; }
  net::DnsAnswer<std::string> query(const std::string&, net::DnsType type, net::Deadline) override {
    ++questions;
    return type == net::DnsType::txt ? net::DnsAnswer<std::string>{.records = {net::txt_rdata(record_)}}
                                     : net::DnsAnswer<std::string>{};
  }
  std::size_t questions = 0;

 private:
  std::string_view record_;
};

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
    OneRecord resolver(text);
    const auto outcome =
        mailauth::check_dmarc({{"a.b.c.d.e.f.g.h.i.one.test"}, {}, false}, identifiers, resolver, {method});
    require(resolver.questions <= 3 * 8 + 3);
    require(outcome.verdict == mailauth::Verdict::fail || outcome.disposition == mailauth::DmarcPolicy::none);
  }
  const auto author = mailauth::dmarc_author(mime::Message::parse("From: " + std::string(text) + "\r\n\r\n"));
  require(author.problem.empty() != author.domains.empty() && author.domains.size() <= 100);
  return 0;
}
