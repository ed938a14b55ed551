#include "posthouse/mailauth/reports/aggregate_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include <expat.h>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/error.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t most_depth = 32;
constexpr std::size_t most_in_list = 200;  // results, reasons and errors of one record

/// What elements set, by their path from the root.
using ReportElements = std::map<std::string_view, std::function<void(AggregateReport&, std::string_view)>>;

std::uint64_t count_in(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at != text.data() ? value : 0;
}

/// Seconds since 1970, cut to what a clock of nanoseconds holds.
std::chrono::sys_seconds moment_in(std::string_view text) {
  constexpr std::uint64_t latest = 9'000'000'000;
  return std::chrono::sys_seconds(std::chrono::seconds(std::min(count_in(text), latest)));
}

template <class Item>
Item* last_of(std::vector<Item>& items) {
  return items.empty() ? nullptr : &items.back();
}

AggregateRecord& record_of(AggregateReport& report) {
  return report.records.back();  // there is one inside feedback/record
}

/// Sets a field of the report's last record, of its last reason, of its last result.
template <class Value>
auto in_report(Value AggregateReport::* field) {
  return [field](AggregateReport& report, std::string_view text) { report.*field = std::string(text); };
}
auto in_policy(std::string ReportedPolicy::* field) {
  return [field](AggregateReport& report, std::string_view text) { report.policy.*field = to_lower(text); };
}
auto in_record(std::string AggregateRecord::* field) {
  return [field](AggregateReport& report, std::string_view text) { record_of(report).*field = to_lower(text); };
}
auto in_reason(std::string ReportedReason::* field, bool lower) {
  return [field, lower](AggregateReport& report, std::string_view text) {
    if (ReportedReason* reason = last_of(record_of(report).reasons)) {
      reason->*field = lower ? to_lower(text) : std::string(text);
    }
  };
}
auto in_result(std::vector<ReportedResult> AggregateRecord::* list, std::string ReportedResult::* field, bool lower) {
  return [list, field, lower](AggregateReport& report, std::string_view text) {
    if (ReportedResult* result = last_of(record_of(report).*list)) {
      result->*field = lower ? to_lower(text) : std::string(text);
    }
  };
}

const ReportElements& report_elements() {
  using Report = AggregateReport;
  using Policy = ReportedPolicy;
  using Record = AggregateRecord;
  using Result = ReportedResult;
  constexpr auto dkim = &Record::dkim_results;
  constexpr auto spf = &Record::spf_results;
  static const ReportElements elements{
      {"version", in_report(&Report::version)},
      {"report_metadata/org_name", in_report(&Report::org_name)},
      {"report_metadata/email", in_report(&Report::email)},
      {"report_metadata/extra_contact_info", in_report(&Report::extra_contact_info)},
      {"report_metadata/report_id", in_report(&Report::report_id)},
      {"report_metadata/generator", in_report(&Report::generator)},
      {"report_metadata/error",
       [](Report& report, std::string_view text) {
         if (report.errors.size() < most_in_list) {
           report.errors.emplace_back(text);
         }
       }},
      {"report_metadata/date_range/begin",
       [](Report& report, std::string_view text) { report.begin = moment_in(text); }},
      {"report_metadata/date_range/end", [](Report& report, std::string_view text) { report.end = moment_in(text); }},
      {"policy_published/domain", in_policy(&Policy::domain)},
      {"policy_published/p", in_policy(&Policy::p)},
      {"policy_published/sp", in_policy(&Policy::sp)},
      {"policy_published/np", in_policy(&Policy::np)},
      {"policy_published/adkim", in_policy(&Policy::adkim)},
      {"policy_published/aspf", in_policy(&Policy::aspf)},
      {"policy_published/fo", in_policy(&Policy::fo)},
      {"policy_published/pct", in_policy(&Policy::pct)},
      {"policy_published/discovery_method", in_policy(&Policy::discovery_method)},
      {"policy_published/testing",
       [](Report& report, std::string_view text) { report.policy.testing = iequals(text, "y"); }},
      {"record/row/source_ip", in_record(&Record::source_ip)},
      {"record/row/count", [](Report& report, std::string_view text) { record_of(report).count = count_in(text); }},
      {"record/row/policy_evaluated/disposition", in_record(&Record::disposition)},
      {"record/row/policy_evaluated/dkim", in_record(&Record::dkim)},
      {"record/row/policy_evaluated/spf", in_record(&Record::spf)},
      {"record/row/policy_evaluated/reason/type", in_reason(&ReportedReason::type, true)},
      {"record/row/policy_evaluated/reason/comment", in_reason(&ReportedReason::comment, false)},
      {"record/identifiers/header_from", in_record(&Record::header_from)},
      {"record/identifiers/envelope_from", in_record(&Record::envelope_from)},
      {"record/identifiers/envelope_to", in_record(&Record::envelope_to)},
      {"record/auth_results/dkim/domain", in_result(dkim, &Result::domain, true)},
      {"record/auth_results/dkim/selector", in_result(dkim, &Result::selector, false)},
      {"record/auth_results/dkim/result", in_result(dkim, &Result::result, true)},
      {"record/auth_results/dkim/human_result", in_result(dkim, &Result::human_result, false)},
      {"record/auth_results/spf/domain", in_result(spf, &Result::domain, true)},
      {"record/auth_results/spf/scope", in_result(spf, &Result::scope, true)},
      {"record/auth_results/spf/result", in_result(spf, &Result::result, true)},
      {"record/auth_results/spf/human_result", in_result(spf, &Result::human_result, false)}};
  return elements;
}

/// Takes the events of expat. Its functions must not throw: what stops the parser is kept in `stopped`.
class ReportReader {
 public:
  explicit ReportReader(const ReportLimits& limits) : limits_(limits) {}

  AggregateReport read(std::string_view xml) {
    const std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser(
        XML_ParserCreate(nullptr), &XML_ParserFree);
    if (!parser) {
      throw std::bad_alloc();
    }
    parser_ = parser.get();
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, &ReportReader::start, &ReportReader::end);
    XML_SetCharacterDataHandler(parser_, &ReportReader::characters);
    XML_SetStartDoctypeDeclHandler(parser_, &ReportReader::doctype);
    constexpr std::size_t piece = std::size_t{1} << 20U;
    do {
      const std::string_view part = xml.substr(0, piece);
      xml.remove_prefix(part.size());
      const bool good =
          XML_Parse(parser_, part.data(), static_cast<int>(part.size()), xml.empty() ? 1 : 0) == XML_STATUS_OK;
      if (out_of_memory_) {
        throw std::bad_alloc();
      }
      if (!stopped_.empty()) {
        throw Error(Errc::report, stopped_);
      }
      if (!good) {
        throw Error(Errc::report,
                    fmt::format("the XML cannot be read: {} in line {}", XML_ErrorString(XML_GetErrorCode(parser_)),
                                XML_GetCurrentLineNumber(parser_)));
      }
    } while (!xml.empty());
    return std::move(report_);
  }

 private:
  static ReportReader& self(void* data) { return *static_cast<ReportReader*>(data); }
  static void start(void* data, const XML_Char* name, const XML_Char** /*attributes*/) {
    self(data).guarded([&] { self(data).element_starts(name); });
  }
  static void end(void* data, const XML_Char* /*name*/) {
    self(data).guarded([&] { self(data).element_ends(); });
  }
  static void characters(void* data, const XML_Char* text, int size) {
    self(data).guarded([&] {
      std::string& kept = self(data).text_;
      const std::size_t room = self(data).limits_.text - std::min(kept.size(), self(data).limits_.text);
      kept.append(text, std::min(static_cast<std::size_t>(size), room));
    });
  }
  static void doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    self(data).stop("the XML has a document type declaration");
  }

  template <class Action>
  void guarded(Action action) noexcept {
    try {
      action();
    } catch (const std::exception&) {
      out_of_memory_ = true;
      XML_StopParser(parser_, XML_FALSE);
    }
  }
  void stop(const char* why) {
    stopped_ = why;
    XML_StopParser(parser_, XML_FALSE);
  }

  // A prefix is that of the root: what bears another one, or none, is an extension (RFC 9990 section 5).
  void element_starts(std::string_view name) {
    text_.clear();
    if (++depth_ > most_depth) {
      return stop("the XML is nested too deeply");
    }
    const std::size_t colon = name.find(':');
    const std::string_view prefix = name.substr(0, colon == std::string_view::npos ? 0 : colon);
    const std::string_view local = colon == std::string_view::npos ? name : name.substr(colon + 1);
    if (depth_ == 1) {
      prefix_ = std::string(prefix);
      if (local != "feedback") {
        stop("the XML is no report of DMARC");
      }
      return;
    }
    if (skipped_from_ == 0 && prefix != prefix_) {
      skipped_from_ = depth_;
    }
    if (skipped_from_ != 0) {
      return;
    }
    lengths_[depth_] = path_.size();
    path_ += path_.empty() ? "" : "/";
    path_ += local.substr(0, 64);
    begin_item();
  }

  void begin_item() {
    if (path_ == "record") {
      if (report_.records.size() == limits_.records) {
        return stop("the report has too many records");
      }
      report_.records.emplace_back();
    } else if (path_ == "record/row/policy_evaluated/reason") {
      append_to(record_of(report_).reasons);
    } else if (path_ == "record/auth_results/dkim") {
      append_to(record_of(report_).dkim_results);
    } else if (path_ == "record/auth_results/spf") {
      append_to(record_of(report_).spf_results);
    }
  }
  template <class Item>
  static void append_to(std::vector<Item>& items) {
    if (items.size() < most_in_list) {
      items.emplace_back();
    }
  }

  void element_ends() {
    if (skipped_from_ == 0 && depth_ > 1) {
      if (const auto element = report_elements().find(path_); element != report_elements().end()) {
        element->second(report_, trim(text_));
      }
      path_.resize(lengths_[depth_]);
    }
    if (skipped_from_ == depth_) {
      skipped_from_ = 0;
    }
    text_.clear();
    --depth_;
  }

  const ReportLimits& limits_;
  XML_Parser parser_ = nullptr;
  AggregateReport report_;
  std::string stopped_;
  bool out_of_memory_ = false;
  std::string prefix_;  // of the root
  std::string path_;    // of the element at hand, without the root
  std::string text_;
  std::array<std::size_t, most_depth + 1> lengths_{};  // of path_, at each depth
  std::size_t depth_ = 0;
  std::size_t skipped_from_ = 0;  // the depth of the element that is skipped with all in it; 0 for none
};

bool may_be_report(const mime::Part& part) {
  const std::string name = to_lower(part.filename().value_or(std::string()));
  return part.is("application/gzip") || part.is("application/x-gzip") || part.is("application/zip") ||
         part.is("application/x-zip-compressed") || part.is("text/xml") || part.is("application/xml") ||
         name.ends_with(".xml") || name.ends_with(".gz") || name.ends_with(".zip");
}

}  // namespace

AggregateReport parse_aggregate_report(std::string_view xml, const ReportLimits& limits) {
  return ReportReader(limits).read(trim(xml));
}

std::vector<AggregateReport> read_aggregate_reports(std::string_view octets, const ReportLimits& limits) {
  std::vector<AggregateReport> reports;
  for (const std::string& xml : unpack_report(octets, limits)) {
    reports.push_back(parse_aggregate_report(xml, limits));
  }
  if (reports.empty()) {
    throw Error(Errc::report, "there is no report in it");
  }
  return reports;
}

std::vector<AggregateReport> read_aggregate_reports(const mime::Message& message, const ReportLimits& limits) {
  std::vector<AggregateReport> reports;
  std::size_t count = 0;
  for (const mime::Part& part : message.walk()) {
    if (!part.is_leaf() || !may_be_report(part)) {
      continue;
    }
    if (++count > limits.files) {
      throw Error(Errc::report, fmt::format("the message has more than {} attachments", limits.files));
    }
    for (AggregateReport& report : read_aggregate_reports(part.content(), limits)) {
      reports.push_back(std::move(report));
    }
  }
  if (reports.empty()) {
    throw Error(Errc::report, "the message has no report attached");
  }
  return reports;
}

}  // namespace posthouse::mailauth
