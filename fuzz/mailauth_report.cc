// Any octets are an aggregate report, as XML, gzip or zip: reading stays within its limits, and what was read is the same when
// it has been written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/reports/report_writer.h"
#include "posthouse/mailauth/reports/senders.h"

using namespace posthouse;

namespace {

constexpr mailauth::ReportLimits limits{.octets = 1 << 20, .files = 4, .records = 100, .text = 200};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void check(const mailauth::AggregateReport& report) {
  require(report.records.size() <= limits.records && report.version.size() <= limits.text);
  mailauth::SenderTable table;
  require(table.add(report) && !table.add(report));
  require(table.senders().size() <= report.records.size());
  const mailauth::AggregateReport again = mailauth::parse_aggregate_report(mailauth::write_aggregate_report(report));
  require(again.records.size() == report.records.size() && again.begin == report.begin && again.end == report.end);
  for (std::size_t i = 0; i < again.records.size(); ++i) {
    require(again.records[i].count == report.records[i].count &&
            again.records[i].passes() == report.records[i].passes());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  try {
    for (const mailauth::AggregateReport& report : mailauth::read_aggregate_reports(octets, limits)) {
      check(report);
    }
  } catch (const mailauth::Error& error) {
    require(error.errc() == mailauth::Errc::report);
  }
  return 0;
}
