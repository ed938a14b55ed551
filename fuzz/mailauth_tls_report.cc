// Any octets are a TLS report, as JSON, gzip or zip, and a record that asks for reports: reading stays within its limits, and
// what was read is the same when it has been written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/reports/tls_report.h"

using namespace posthouse;

namespace {

constexpr mailauth::ReportLimits limits{.octets = 1 << 20, .files = 4, .records = 100, .text = 200};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check(const mailauth::TlsReport& report) {
  require(report.policies.size() <= limits.records);
  const std::string json = mailauth::write_tls_report(report);
  require(mailauth::write_tls_report(mailauth::parse_tls_report(json)) == json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  for (const std::string& uri : mailauth::tls_report_uris({std::string(octets)})) {
    const std::string address = mailauth::address_of_mailto(uri);
    require(address.find('\n') == std::string::npos && address.find('\r') == std::string::npos);
  }
  try {
    for (const mailauth::TlsReport& report : mailauth::read_tls_reports(octets, limits)) {
      check(report);
    }
  } catch (const mailauth::Error& error) {
    require(error.errc() == mailauth::Errc::report);
  }
  return 0;
}
