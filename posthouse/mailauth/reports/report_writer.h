#pragma once
// Aggregate reports, written and put into a mail (RFC 9990 sections 3.1 and 3.5).
#include <string>
#include <vector>

#include "posthouse/mailauth/reports/aggregate_report.h"

namespace posthouse::mailauth {

/// Those that say the same as one, with the sum of their counts.
std::vector<AggregateRecord> summed_up(std::vector<AggregateRecord> records);

/// The XML of a report, in the form of RFC 9990. Octets that XML cannot carry are replaced. Elements stand in the order
/// of the schema; what is empty is left out, unless it must be there.
std::string write_aggregate_report(const AggregateReport& report);

/// "mail.receiver.example!example.com!1013662812!1013749130!id.xml.gz" (RFC 9990 section 3.5.2). `submitter` is the domain
/// that reports; `id` may be empty.
std::string report_file_name(const AggregateReport& report, const std::string& submitter, const std::string& id = {});

/// A whole message that carries the report, compressed. Its subject is that of RFC 9990 section 3.5.2. Throws mime::Error
/// for addresses that cannot be written.
///
///     report_message(report, "mx.example.net", "dmarc-noreply@example.net", "dmarc@example.org")
std::string report_message(const AggregateReport& report, const std::string& submitter, const std::string& from,
                           const std::string& to);

}  // namespace posthouse::mailauth
