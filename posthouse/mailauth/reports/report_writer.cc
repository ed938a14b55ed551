#include "posthouse/mailauth/reports/report_writer.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/compose/message_builder.h"

namespace posthouse::mailauth {
namespace {

/// XML of elements that lie in each other, a line each.
class XmlLines {
 public:
  void open(std::string_view name) {
    line(fmt::format("<{}>", name));
    open_.emplace_back(name);
  }
  void close() {
    const std::string name = open_.back();
    open_.pop_back();
    line(fmt::format("</{}>", name));
  }
  void text(std::string_view name, std::string_view value) {
    line(fmt::format("<{0}>{1}</{0}>", name, escaped(value)));
  }
  /// Nothing where there is no value.
  void optional_text(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      text(name, value);
    }
  }
  void line(std::string_view content) { out_ += std::string(2 * open_.size(), ' ').append(content) += '\n'; }
  std::string& out() { return out_; }

 private:
  // XML 1.0 section 2.2: no control octets but tab, CR and LF; nor U+FFFE and U+FFFF.
  static std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : repair_utf8(value)) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        default:
          out += static_cast<unsigned char>(c) < 32 && c != '\t' && c != '\n' ? '?' : c;
      }
    }
    for (const std::string_view no_character : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
      for (std::size_t at = out.find(no_character); at != std::string::npos; at = out.find(no_character, at)) {
        out.replace(at, no_character.size(), replacement_character);
      }
    }
    return out;
  }

  std::string out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  std::vector<std::string> open_;
};

std::int64_t seconds(std::chrono::sys_seconds moment) {
  return moment.time_since_epoch().count();
}

void write_metadata(XmlLines& xml, const AggregateReport& report) {
  xml.open("report_metadata");
  xml.text("org_name", report.org_name);
  xml.text("email", report.email);
  xml.optional_text("extra_contact_info", report.extra_contact_info);
  xml.text("report_id", report.report_id);
  xml.open("date_range");
  xml.text("begin", fmt::format("{}", seconds(report.begin)));
  xml.text("end", fmt::format("{}", seconds(report.end)));
  xml.close();
  for (const std::string& error : report.errors) {
    xml.text("error", error);
  }
  xml.optional_text("generator", report.generator);
  xml.close();
}

void write_policy(XmlLines& xml, const ReportedPolicy& policy) {
  xml.open("policy_published");
  xml.text("domain", policy.domain);
  xml.optional_text("discovery_method", policy.discovery_method);
  xml.text("p", policy.p.empty() ? "none" : policy.p);
  xml.optional_text("sp", policy.sp);
  xml.optional_text("np", policy.np);
  xml.optional_text("fo", policy.fo);
  xml.optional_text("adkim", policy.adkim);
  xml.optional_text("aspf", policy.aspf);
  xml.text("testing", policy.testing ? "y" : "n");
  xml.close();
}

void write_results(XmlLines& xml, std::string_view method, const std::vector<ReportedResult>& results) {
  for (const ReportedResult& result : results) {
    xml.open(method);
    xml.text("domain", result.domain);
    if (method == "dkim") {
      xml.text("selector", result.selector);
    }
    xml.optional_text("scope", result.scope);
    xml.text("result", result.result);
    xml.optional_text("human_result", result.human_result);
    xml.close();
  }
}

void write_record(XmlLines& xml, const AggregateRecord& record) {
  xml.open("record");
  xml.open("row");
  xml.text("source_ip", record.source_ip);
  xml.text("count", fmt::format("{}", record.count));
  xml.open("policy_evaluated");
  xml.text("disposition", record.disposition);
  xml.text("dkim", record.dkim);
  xml.text("spf", record.spf);
  for (const ReportedReason& reason : record.reasons) {
    xml.open("reason");
    xml.text("type", reason.type);
    xml.optional_text("comment", reason.comment);
    xml.close();
  }
  xml.close();
  xml.close();
  xml.open("identifiers");
  xml.text("header_from", record.header_from);
  xml.optional_text("envelope_from", record.envelope_from);
  xml.optional_text("envelope_to", record.envelope_to);
  xml.close();
  xml.open("auth_results");
  write_results(xml, "dkim", record.dkim_results);
  write_results(xml, "spf", record.spf_results);
  xml.close();
  xml.close();
}

}  // namespace

std::vector<AggregateRecord> summed_up(std::vector<AggregateRecord> records) {
  std::map<AggregateRecord, std::uint64_t> counts;
  for (AggregateRecord& record : records) {
    const std::uint64_t count = std::exchange(record.count, 0);
    counts[std::move(record)] += count;
  }
  std::vector<AggregateRecord> sums;
  for (const auto& [record, count] : counts) {
    sums.push_back(record);
    sums.back().count = count;
  }
  return sums;
}

std::string write_aggregate_report(const AggregateReport& report) {
  XmlLines xml;
  xml.line("<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">");
  xml.text("version", "1.0");
  write_metadata(xml, report);
  write_policy(xml, report.policy);
  for (const AggregateRecord& record : report.records) {
    write_record(xml, record);
  }
  xml.line("</feedback>");
  return std::move(xml.out());
}

std::string report_file_name(const AggregateReport& report, const std::string& submitter, const std::string& id) {
  return fmt::format("{}!{}!{}!{}{}{}.xml.gz", submitter, report.policy.domain, seconds(report.begin),
                     seconds(report.end), id.empty() ? "" : "!", id);
}

std::string report_message(const AggregateReport& report, const std::string& submitter, const std::string& from,
                           const std::string& to) {
  return mime::MessageBuilder()
      .from(from)
      .to(to)
      .subject(fmt::format("Report Domain: {} Submitter: {} Report-ID: <{}>", report.policy.domain, submitter,
                           report.report_id))
      .text(fmt::format("This is a DMARC aggregate report (RFC 9990) of {} for {}.\n", submitter, report.policy.domain))
      .attach(report_file_name(report, submitter), gzip(write_aggregate_report(report)), "application/gzip")
      .build();
}

}  // namespace posthouse::mailauth
