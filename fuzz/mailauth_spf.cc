// Any octets are an SPF record, and a macro-string: they are read within bounds, and a check where every name of the DNS has
// that record ends within the limits of RFC 7208.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mailauth/spf/check.h"
#include "posthouse/mailauth/spf/macro.h"
#include "posthouse/mailauth/spf/record.h"
#include "posthouse/mailauth/testing/one_text_resolver.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Every name has the record, an address, a mail host and a name.
class WholeZone final : public mailauth::testing::OneTextResolver {
 public:
  using OneTextResolver::OneTextResolver;
  net::DnsAnswer<std::string> query(const std::string& name, net::DnsType type, net::Deadline deadline) override {
    require(name.size() <= 253);
    net::DnsAnswer<std::string> answer = OneTextResolver::query(name, type, deadline);
    if (type == net::DnsType::a) {
      answer.records = {std::string("\xC0\x00\x02\x01", 4)};
    } else if (type == net::DnsType::mx) {
      answer.records = {net::to_rdata(net::MxRecord{1, "mx.test"}), text_};
    } else if (type == net::DnsType::ptr) {
      answer.records = {net::host_name_rdata("host.test"), text_};
    }
    return answer;
  }
};

void check(std::string_view record, const char* ip) {
  WholeZone resolver{std::string(record)};
  const auto outcome =
      mailauth::check_host(mailauth::spf_mail_from(net::Address(ip, 0), "helo.test", "a.b-c@one.test"), resolver);
  // The first record; ten terms with a record, or a list and ten hosts; the names of the client; the explanation.
  require(resolver.questions <= 1 + 10 * 11 + 11 + 1);
  require(outcome.lookups <= 10 && outcome.void_lookups <= 3 && outcome.steps.size() <= 300);
  require(outcome.explanation.size() <= 500);
  require(mailauth::received_spf(outcome).find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string why;
  const auto record = mailauth::SpfRecord::parse(text, &why);
  require(record.has_value() == why.empty());
  if (record) {
    require(mailauth::is_spf_record(text));
    for (const mailauth::SpfTerm& term : record->terms) {
      require(term.ip4_prefix <= 32 && term.ip6_prefix <= 128);
      require(term.domain.empty() || mailauth::is_domain_spec(term.domain));
    }
  }
  mailauth::MacroValues values;
  values.ip = net::Address("2001:db8::1", 0);
  values.domain = "one.test";
  values.local_part = "a.b";
  if (mailauth::is_domain_spec(text)) {
    require(mailauth::is_macro_string(text, mailauth::MacroPlace::domain));
    require(mailauth::expand_domain(text, values).size() <= 253);
  }
  if (mailauth::is_macro_string(text, mailauth::MacroPlace::domain)) {
    require(mailauth::is_macro_string(text, mailauth::MacroPlace::explanation));
  }
  check(text, "203.0.113.1");
  check(text, "2001:db8::1");
  return 0;
}
