#include "posthouse/mime/reports/feedback_report.h"

#include <string_view>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/reports/status_fields.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t most_values = 1'000;

std::string path_in(std::string_view text) {
  return std::string(without_angles(trim(text)));
}

// Left as it is where there is no number, or one too large.
template <class Number>
void read_number(std::string_view text, Number& out) {
  out = number_of<Number>(trim(text)).value_or(out);
}

// Fields that are a text each, and those that are one text a field (RFC 5965 sections 3.2 and 3.3, RFC 6591 section 3).
constexpr std::pair<std::string_view, std::string FeedbackReport::*> texts[] = {
    {"User-Agent", &FeedbackReport::user_agent},
    {"Version", &FeedbackReport::version},
    {"Original-Envelope-Id", &FeedbackReport::original_envelope_id},
    {"DKIM-Domain", &FeedbackReport::dkim_domain},
    {"DKIM-Identity", &FeedbackReport::dkim_identity},
    {"DKIM-Selector", &FeedbackReport::dkim_selector}};
constexpr std::pair<std::string_view, std::string FeedbackReport::*> words[] = {
    {"Feedback-Type", &FeedbackReport::feedback_type},
    {"Auth-Failure", &FeedbackReport::auth_failure},
    {"Delivery-Result", &FeedbackReport::delivery_result}};
constexpr std::pair<std::string_view, std::vector<std::string> FeedbackReport::*> lists[] = {
    {"Authentication-Results", &FeedbackReport::authentication_results},
    {"Reported-Domain", &FeedbackReport::reported_domains},
    {"Reported-URI", &FeedbackReport::reported_uris},
    {"Original-Rcpt-To", &FeedbackReport::original_recipients}};

void read_field(const Field& field, FeedbackReport& out) {
  for (const auto& [name, member] : texts) {
    if (field.is(name)) {
      out.*member = field.text();
    }
  }
  for (const auto& [name, member] : words) {
    if (field.is(name)) {
      out.*member = to_lower(field.text());
    }
  }
  for (const auto& [name, member] : lists) {
    if (field.is(name) && (out.*member).size() < most_values) {
      (out.*member).push_back(path_in(field.text()));
    }
  }
  if (field.is("Original-Mail-From")) {
    out.original_mail_from = path_in(field.text());
  } else if (field.is("Source-IP")) {
    out.source_ip = first_word(field.text());  // some have the host's name in a comment
  } else if (field.is("Reporting-MTA")) {
    out.reporting_mta = typed_value(field.text());
  } else if (field.is("Arrival-Date") || field.is("Received-Date")) {
    out.arrival = moment_of(field);
  } else if (field.is("Incidents")) {
    read_number(field.text(), out.incidents);
  } else if (field.is("Source-Port")) {
    read_number(field.text(), out.source_port);
  }
}

}  // namespace

std::optional<FeedbackReport> parse_feedback_report(const Message& message) {
  std::optional<ReportParts> parts = find_report(message, {"message/feedback-report"});
  if (!parts) {
    return std::nullopt;
  }
  FeedbackReport out;
  for (const StatusGroup& group : split_status_groups(parts->content, 1)) {
    for (const Field field : group.headers()) {
      read_field(field, out);
    }
  }
  out.original_message = std::move(parts->original);
  out.whole_message = parts->whole_message;
  return out;
}

}  // namespace posthouse::mime
