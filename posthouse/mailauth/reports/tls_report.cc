#include "posthouse/mailauth/reports/tls_report.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mail/address.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mime/reports/file_report.h"

namespace posthouse::mailauth {
namespace {

namespace json = boost::json;

constexpr std::size_t most_lines = 100;  // of a policy

/// Reads one report; counts what comes out of it.
class TlsReportReader {
 public:
  explicit TlsReportReader(const ReportLimits& limits) : limits_(limits) {}

  TlsReport read(const json::object& root) {
    if (!root.contains("policies") || !root.contains("date-range")) {
      throw Error(Errc::report, "the JSON is no TLS report");
    }
    TlsReport report{.organization = text(root, "organization-name"),
                     .contact = text(root, "contact-info"),
                     .report_id = text(root, "report-id")};
    if (const json::object* range = object(root, "date-range")) {
      report.begin = moment(text(*range, "start-datetime"));
      report.end = moment(text(*range, "end-datetime"));
    }
    for (const json::object* policy : objects(root, "policies")) {
      count();
      report.policies.push_back(policy_of(*policy));
    }
    return report;
  }

 private:
  void count() {
    if (++items_ > limits_.records) {
      throw Error(Errc::report, "the report has too many records");
    }
  }
  static const json::object* object(const json::object& from, std::string_view name) {
    const json::value* value = from.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
  }
  static std::vector<const json::object*> objects(const json::object& from, std::string_view name) {
    std::vector<const json::object*> found;
    const json::value* value = from.if_contains(name);
    if (const json::array* list = value == nullptr ? nullptr : value->if_array()) {
      for (const json::value& item : *list) {
        if (const json::object* one = item.if_object()) {
          found.push_back(one);
        }
      }
    }
    return found;
  }
  std::string cut(const json::string& value) const {
    return repair_utf8(std::string_view(value).substr(0, limits_.text));
  }
  std::string text(const json::object& from, std::string_view name) const {
    const json::value* value = from.if_contains(name);
    const json::string* string = value == nullptr ? nullptr : value->if_string();
    return string == nullptr ? std::string() : cut(*string);
  }
  /// Some write one text where there should be a list of one.
  std::vector<std::string> texts(const json::object& from, std::string_view name) const {
    std::vector<std::string> found;
    const json::value* value = from.if_contains(name);
    if (const json::array* list = value == nullptr ? nullptr : value->if_array()) {
      for (const json::value& item : *list) {
        if (const json::string* string = item.if_string(); string != nullptr && found.size() < most_lines) {
          found.push_back(cut(*string));
        }
      }
    } else if (const std::string one = text(from, name); !one.empty()) {
      found.push_back(one);
    }
    return found;
  }
  static std::uint64_t number(const json::object& from, std::string_view name) {
    const json::value* value = from.if_contains(name);
    if (value == nullptr) {
      return 0;
    }
    if (const auto* big = value->if_uint64()) {
      return *big;
    }
    const auto* whole = value->if_int64();
    return whole == nullptr || *whole < 0 ? 0 : static_cast<std::uint64_t>(*whole);
  }
  /// "2016-04-01T23:59:59Z" (RFC 3339); the epoch when it is none. Offsets are not looked at.
  static std::chrono::sys_seconds moment(const std::string& text) {
    std::array<int, 6> part{};
    if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &part[0], &part[1], &part[2], &part[3], &part[4],
                    &part[5]) != 6) {
      return {};
    }
    const std::chrono::year_month_day day{std::chrono::year(part[0]),
                                          std::chrono::month(static_cast<unsigned>(part[1])),
                                          std::chrono::day(static_cast<unsigned>(part[2]))};
    if (!day.ok()) {
      return {};
    }
    return std::chrono::sys_days(day) + std::chrono::hours(part[3]) + std::chrono::minutes(part[4]) +
           std::chrono::seconds(part[5]);
  }

  TlsPolicyResult policy_of(const json::object& from) {
    TlsPolicyResult result;
    if (const json::object* policy = object(from, "policy")) {
      result.type = to_lower(text(*policy, "policy-type"));
      result.domain = to_lower(text(*policy, "policy-domain"));
      result.policy = texts(*policy, "policy-string");
      result.mx_patterns = texts(*policy, "mx-host");
    }
    if (const json::object* summary = object(from, "summary")) {
      result.succeeded = number(*summary, "total-successful-session-count");
      result.failed = number(*summary, "total-failure-session-count");
    }
    for (const json::object* failure : objects(from, "failure-details")) {
      count();
      result.failures.push_back({.type = to_lower(text(*failure, "result-type")),
                                 .sending_ip = text(*failure, "sending-mta-ip"),
                                 .mx = to_lower(text(*failure, "receiving-mx-hostname")),
                                 .mx_helo = text(*failure, "receiving-mx-helo"),
                                 .receiving_ip = text(*failure, "receiving-ip"),
                                 .sessions = number(*failure, "failed-session-count"),
                                 .more = text(*failure, "additional-information"),
                                 .reason = text(*failure, "failure-reason-code")});
    }
    return result;
  }

  const ReportLimits& limits_;
  std::size_t items_ = 0;
};

void put(json::object& into, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    into[name] = repair_utf8(value);
  }
}

void put(json::object& into, std::string_view name, const std::vector<std::string>& values) {
  json::array list;
  for (const std::string& value : values) {
    list.emplace_back(repair_utf8(value));
  }
  if (!list.empty()) {
    into[name] = std::move(list);
  }
}

std::string written(std::chrono::sys_seconds moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

json::object json_of(const TlsFailure& failure) {
  json::object out;
  put(out, "result-type", failure.type);
  put(out, "sending-mta-ip", failure.sending_ip);
  put(out, "receiving-mx-hostname", failure.mx);
  put(out, "receiving-mx-helo", failure.mx_helo);
  put(out, "receiving-ip", failure.receiving_ip);
  out["failed-session-count"] = failure.sessions;
  put(out, "additional-information", failure.more);
  put(out, "failure-reason-code", failure.reason);
  return out;
}

json::object json_of(const TlsPolicyResult& result) {
  json::object policy;
  put(policy, "policy-type", result.type);
  put(policy, "policy-string", result.policy);
  put(policy, "policy-domain", result.domain);
  put(policy, "mx-host", result.mx_patterns);
  json::object out{{"policy", std::move(policy)},
                   {"summary", json::object{{"total-successful-session-count", result.succeeded},
                                            {"total-failure-session-count", result.failed}}}};
  json::array failures;
  for (const TlsFailure& failure : result.failures) {
    failures.push_back(json_of(failure));
  }
  if (!failures.empty()) {
    out["failure-details"] = std::move(failures);
  }
  return out;
}

bool may_be_tls_report(const mime::Part& part) {
  const std::string name = to_lower(part.filename().value_or(std::string()));
  return part.is("application/tlsrpt+gzip") || part.is("application/tlsrpt+json") || part.is("application/json") ||
         part.is("application/gzip") || part.is("application/x-gzip") || name.ends_with(".json") ||
         name.ends_with(".gz");
}

int hexadecimal(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

}  // namespace

TlsReport parse_tls_report(std::string_view text, const ReportLimits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  if (text.size() > limits.octets) {
    throw Error(Errc::report, "the report is too long");
  }
  boost::system::error_code error;
  const json::value root = json::parse(text, error);
  if (error) {
    throw Error(Errc::report, "the report is no JSON: " + error.message());
  }
  const json::object* object = root.if_object();
  if (object == nullptr) {
    throw Error(Errc::report, "the JSON is no TLS report");
  }
  return TlsReportReader(limits).read(*object);
}

std::vector<TlsReport> read_tls_reports(std::string_view octets, const ReportLimits& limits) {
  std::vector<TlsReport> reports;
  for (const std::string& text : unpack_report(octets, limits)) {
    reports.push_back(parse_tls_report(text, limits));
  }
  if (reports.empty()) {
    throw Error(Errc::report, "there is no report in it");
  }
  return reports;
}

std::vector<TlsReport> read_tls_reports(const mime::Message& message, const ReportLimits& limits) {
  std::vector<TlsReport> reports;
  std::size_t count = 0;
  for (const mime::Part& part : message.walk()) {
    if (!part.is_leaf() || !may_be_tls_report(part)) {
      continue;
    }
    if (++count > limits.files) {
      throw Error(Errc::report, fmt::format("the message has more than {} attachments", limits.files));
    }
    for (TlsReport& report : read_tls_reports(part.content(), limits)) {
      reports.push_back(std::move(report));
    }
  }
  if (reports.empty()) {
    throw Error(Errc::report, "the message has no TLS report attached");
  }
  return reports;
}

bool is_tls_report_file(std::string_view octets) noexcept {
  if (octets.starts_with("\xEF\xBB\xBF")) {
    octets.remove_prefix(3);
  }
  return is_gzip(octets) || is_zip(octets) || trim(octets.substr(0, 1'000)).starts_with('{');
}

std::string write_tls_report(const TlsReport& report) {
  json::object out;
  put(out, "organization-name", report.organization);
  out["date-range"] = json::object{{"start-datetime", written(report.begin)}, {"end-datetime", written(report.end)}};
  put(out, "contact-info", report.contact);
  put(out, "report-id", report.report_id);
  json::array policies;
  for (const TlsPolicyResult& result : report.policies) {
    policies.push_back(json_of(result));
  }
  out["policies"] = std::move(policies);
  return json::serialize(out);
}

std::string tls_report_file_name(const TlsReport& report, const std::string& submitter, const std::string& domain) {
  return fmt::format("{}!{}!{}!{}!{}.json.gz", submitter, domain, report.begin.time_since_epoch().count(),
                     report.end.time_since_epoch().count(), report.report_id.substr(0, report.report_id.find('@')));
}

std::string tls_report_message(const TlsReport& report, const std::string& submitter, const std::string& domain,
                               const std::string& from, const std::string& to) {
  return mime::build_file_report(
      {.type = "tlsrpt",
       .from = from,
       .to = to,
       .subject = fmt::format("Report Domain: {} Submitter: {} Report-ID: <{}>", domain, submitter, report.report_id),
       .text = fmt::format("This is a TLS report (RFC 8460) of {} for {}.\n", submitter, domain),
       .file_name = tls_report_file_name(report, submitter, domain),
       .file_type = "application/tlsrpt+gzip",
       .file = gzip(write_tls_report(report)),
       .fields = {{"TLS-Report-Domain", domain}, {"TLS-Report-Submitter", submitter}, {"TLS-Required", "No"}}});
}

std::vector<std::string> tls_report_uris(const std::vector<std::string>& texts) {
  constexpr std::size_t most = 10;
  std::optional<std::string_view> record;
  for (const std::string_view text : texts) {
    const std::string_view version = trim(text.substr(0, text.find(';')));
    if (version == "v=TLSRPTv1") {
      if (record) {
        return {};
      }
      record = text;
    }
  }
  std::vector<std::string> uris;
  std::string_view rest = record.value_or("");
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view field = trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!istarts_with(field, "rua=") || !uris.empty()) {
      continue;
    }
    std::string_view list = field.substr(4);
    while (!list.empty() && uris.size() < most) {
      const std::size_t comma = list.find(',');
      const std::string_view uri = trim(list.substr(0, comma));
      list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
      if (istarts_with(uri, "mailto:") || istarts_with(uri, "https:")) {
        uris.emplace_back(uri);
      }
    }
  }
  return uris;
}

std::string address_of_mailto(std::string_view uri) {
  if (!istarts_with(uri, "mailto:")) {
    return {};
  }
  uri = uri.substr(7, uri.find('?') == std::string_view::npos ? uri.npos : uri.find('?') - 7);
  std::string address;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    if (uri[i] == '%' && i + 2 < uri.size() && hexadecimal(uri[i + 1]) >= 0 && hexadecimal(uri[i + 2]) >= 0) {
      address.push_back(static_cast<char>(hexadecimal(uri[i + 1]) * 16 + hexadecimal(uri[i + 2])));
      i += 2;
    } else {
      address.push_back(uri[i]);
    }
  }
  const auto parsed = mail::Address::parse(address);
  return parsed ? parsed->unicode() : std::string();
}

}  // namespace posthouse::mailauth
