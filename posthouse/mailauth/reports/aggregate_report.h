#pragma once
// Aggregate reports: what a receiver of mail tells a domain about the mail in its name (RFC 9990; RFC 7489 section 7.2).
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/reports/unpack.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mailauth {

/// Why a policy was not applied (RFC 9990 section 3.1.6).
struct ReportedReason {
  std::string type{};     ///< "mailing_list", "local_policy", …: lower case.
  std::string comment{};  ///< For people.
  friend auto operator<=>(const ReportedReason&, const ReportedReason&) = default;
};

/// What one signature or the check of a MAIL FROM came to.
struct ReportedResult {
  std::string domain{};        ///< d= of the signature; the domain that SPF looked at.
  std::string selector{};      ///< s= of the signature; empty for SPF.
  std::string scope{};         ///< SPF: "mfrom" or "helo", where it is said.
  std::string result{};        ///< "pass", "fail", …: lower case.
  std::string human_result{};  ///< For people.
  friend auto operator<=>(const ReportedResult&, const ReportedResult&) = default;
};

/// The messages of one client that went alike.
struct AggregateRecord {
  std::string source_ip{};                     ///< The client.
  std::uint64_t count = 0;                     ///< How many messages.
  std::string disposition{};                   ///< "none", "quarantine", "reject", "pass": what was done with them.
  std::string dkim{};                          ///< "pass" when a signature passed and was aligned.
  std::string spf{};                           ///< "pass" when SPF passed and was aligned.
  std::vector<ReportedReason> reasons{};       ///< Why that is not what the policy says.
  std::string header_from{};                   ///< The author's domain.
  std::string envelope_from{};                 ///< The domain of MAIL FROM.
  std::string envelope_to{};                   ///< The domain of the recipient.
  std::vector<ReportedResult> dkim_results{};  ///< Of the signatures.
  std::vector<ReportedResult> spf_results{};   ///< Of MAIL FROM, and by older reporters of HELO.

  /// DMARC passed.
  bool passes() const noexcept { return dkim == "pass" || spf == "pass"; }
  friend auto operator<=>(const AggregateRecord&, const AggregateRecord&) = default;
};

/// The policy that the receiver found. Values are those of the tags, in lower case; empty where nothing is said.
struct ReportedPolicy {
  std::string domain{};            ///< Whose record it is.
  std::string p{};                 ///< "none", "quarantine", "reject".
  std::string sp{};                ///< For subdomains.
  std::string np{};                ///< For those that do not exist.
  std::string adkim{};             ///< "r" or "s".
  std::string aspf{};              ///< "r" or "s".
  std::string fo{};                ///< When failures are reported.
  std::string pct{};               ///< Of RFC 7489.
  bool testing = false;            ///< t=y
  std::string discovery_method{};  ///< "treewalk" or "psl".
};

/// One report. What is absent is empty.
struct AggregateReport {
  std::string version{};                   ///< Of the form: "1.0".
  std::string org_name{};                  ///< Who reports.
  std::string email{};                     ///< How to reach them.
  std::string extra_contact_info{};        ///< Likewise.
  std::string report_id{};                 ///< Unique among those of this reporter.
  std::chrono::sys_seconds begin{};        ///< The first moment that is reported on,
  std::chrono::sys_seconds end{};          ///< and the last.
  std::vector<std::string> errors{};       ///< What went wrong there.
  std::string generator{};                 ///< The program that made it.
  ReportedPolicy policy{};                 ///< What the receiver found.
  std::vector<AggregateRecord> records{};  ///< What it did.
};

/// Reads the XML of a report, in either RFC's form and in what is common besides; elements it does not know are skipped.
/// Nothing recurses; a document type declaration, which could make entities of its own, is refused. Throws Error
/// (Errc::report) for what is no report or goes beyond the limits.
AggregateReport parse_aggregate_report(std::string_view xml, const ReportLimits& limits = {});

/// The reports in a file: XML, gzip or zip. Throws Error (Errc::report).
std::vector<AggregateReport> read_aggregate_reports(std::string_view octets, const ReportLimits& limits = {});

/// The reports attached to a message. Throws Error (Errc::report) when there is none, or one that cannot be read.
std::vector<AggregateReport> read_aggregate_reports(const mime::Message& message, const ReportLimits& limits = {});

}  // namespace posthouse::mailauth
