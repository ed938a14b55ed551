#pragma once
// TLS reports: what a sender of mail tells a domain about the TLS of its hosts (RFC 8460).
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/reports/unpack.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mailauth {

/// Sessions that failed alike (RFC 8460 section 4.4, "failure-details").
struct TlsFailure {
  std::string type{};          ///< "certificate-expired", "starttls-not-supported", …
  std::string sending_ip{};    ///< Of the sender.
  std::string mx{};            ///< The host it talked to,
  std::string mx_helo{};       ///< what that called itself,
  std::string receiving_ip{};  ///< and its address.
  std::uint64_t sessions = 0;  ///< How many.
  std::string more{};          ///< Where more is said: a URL.
  std::string reason{};        ///< The failure in words.
};

/// The sessions under one policy of the domain.
struct TlsPolicyResult {
  std::string type{};                      ///< "tlsa", "sts" or "no-policy-found".
  std::string domain{};                    ///< The policy domain.
  std::vector<std::string> policy{};       ///< The TLSA records, or the lines of the MTA-STS policy.
  std::vector<std::string> mx_patterns{};  ///< Of the MTA-STS policy.
  std::uint64_t succeeded = 0;             ///< Sessions that were as the policy wants them,
  std::uint64_t failed = 0;                ///< and those that were not.
  std::vector<TlsFailure> failures{};
};

/// One report. What is absent is empty.
struct TlsReport {
  std::string organization{};        ///< Who reports.
  std::string contact{};             ///< How to reach them.
  std::string report_id{};           ///< Unique among those of this reporter.
  std::chrono::sys_seconds begin{};  ///< The first moment that is reported on,
  std::chrono::sys_seconds end{};    ///< and the last.
  std::vector<TlsPolicyResult> policies{};
};

/// Reads the JSON of a report; members it does not know are skipped, values longer than `limits.text` are cut. Throws Error
/// (Errc::report) for what is no report or goes beyond the limits (`limits.records` counts policies and failures).
TlsReport parse_tls_report(std::string_view json, const ReportLimits& limits = {});

/// The reports in a file: JSON, gzip or zip. Throws Error (Errc::report).
std::vector<TlsReport> read_tls_reports(std::string_view octets, const ReportLimits& limits = {});

/// The reports attached to a message. Throws Error (Errc::report) when there is none, or one that cannot be read.
std::vector<TlsReport> read_tls_reports(const mime::Message& message, const ReportLimits& limits = {});

/// True for octets that begin as a report in a file does: JSON, gzip or zip. All else may be a message with one.
bool is_tls_report_file(std::string_view octets) noexcept;

/// The JSON of a report (RFC 8460 section 4.4). What is not UTF-8 is repaired; what is empty is left out.
std::string write_tls_report(const TlsReport& report);

/// "mail.sender.example!example.com!1470013207!1470186007!id.json.gz" (RFC 8460 section 5.1).
std::string tls_report_file_name(const TlsReport& report, const std::string& submitter, const std::string& domain);

/// A whole message that carries the report, compressed (RFC 8460 section 5.3). It says "TLS-Required: No", since a report
/// about broken TLS must arrive all the same. `submitter` is the domain that signs it. Throws mime::Error for addresses that
/// cannot be written.
std::string tls_report_message(const TlsReport& report, const std::string& submitter, const std::string& domain,
                               const std::string& from, const std::string& to);

/// Where a domain wants its reports, from the texts of _smtp._tls.DOMAIN (RFC 8460 section 3): "mailto:" and "https:" URIs,
/// at most 10. None when there is no such record, or more than one.
std::vector<std::string> tls_report_uris(const std::vector<std::string>& texts);

/// The address in a "mailto:" URI, percent escapes undone; empty for any other URI, and for what is no address.
std::string address_of_mailto(std::string_view uri);

}  // namespace posthouse::mailauth
