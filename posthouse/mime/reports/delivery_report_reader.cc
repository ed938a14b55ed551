// Reads delivery reports (RFC 3464, RFC 6533). Writing them is in delivery_report.cc.
#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/delivery_report.h"
#include "posthouse/mime/message.h"
#include "posthouse/mime/reports/status_fields.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t most_recipients = 10'000;

using Moment = std::optional<std::chrono::system_clock::time_point>;

// Nothing for a date the system's clock cannot say (before 1678, after 2261).
Moment moment(const Field& field) {
  using Clock = std::chrono::system_clock;
  const std::optional<Date> date = parse_date(field.raw_value());
  if (!date || date->utc <= std::chrono::ceil<std::chrono::seconds>(Clock::time_point::min()) ||
      date->utc >= std::chrono::floor<std::chrono::seconds>(Clock::time_point::max()))
    return std::nullopt;
  return Moment(date->utc);
}

DeliveryAction action_of(std::string_view word, std::string_view status) {
  for (const DeliveryAction action : {DeliveryAction::failed, DeliveryAction::delayed, DeliveryAction::delivered,
                                      DeliveryAction::relayed, DeliveryAction::expanded})
    if (iequals(word, name_of(action))) return action;
  if (status.starts_with('2')) return DeliveryAction::delivered;
  return status.starts_with('4') ? DeliveryAction::delayed : DeliveryAction::failed;
}

class StatusReader {
 public:
  explicit StatusReader(DeliveryReport& report) : report_(report) {}

  void read(std::string_view content) {
    for (const StatusGroup& group : split_status_groups(content, most_recipients)) {
      recipient_ = nullptr;
      for (const Field field : group.headers()) read_field(field);
      finish_recipient();
    }
  }

 private:
  void read_field(const Field& field) {
    const bool final_recipient = field.is("Final-Recipient");
    const bool original = field.is("Original-Recipient");
    // Some leave out the empty line between recipients, or before the first.
    const bool next = recipient_ == nullptr || (final_recipient && !recipient_->final_recipient.empty()) ||
                      (original && !recipient_->original_recipient.empty());
    if ((final_recipient || original) && next) {
      finish_recipient();
      if (report_.recipients.size() < most_recipients) recipient_ = &report_.recipients.emplace_back();
    }
    if (recipient_ != nullptr) {
      read_of_recipient(field);
    } else {
      read_of_message(field);
    }
  }

  void read_of_message(const Field& field) {
    if (field.is("Reporting-MTA")) {
      report_.reporting_mta = typed_value(field.text());
    } else if (field.is("Original-Envelope-Id")) {
      report_.original_envelope_id = field.text();
    } else if (field.is("Received-From-MTA")) {
      report_.received_from_mta = typed_value(field.text());
    } else if (field.is("Arrival-Date")) {
      report_.arrival = moment(field);
    }
  }

  void read_of_recipient(const Field& field) {
    if (field.is("Final-Recipient")) {
      recipient_->final_recipient = typed_value(field.text());
    } else if (field.is("Original-Recipient")) {
      recipient_->original_recipient = typed_value(field.text());
    } else if (field.is("Action")) {
      action_ = field.text();
    } else if (field.is("Status")) {
      recipient_->status = field.text().substr(0, field.text().find(' '));  // some explain it
    } else if (field.is("Remote-MTA")) {
      recipient_->remote_mta = typed_value(field.text());
    } else if (field.is("Diagnostic-Code")) {
      recipient_->diagnostic = typed_value(field.text());
    } else if (field.is("Last-Attempt-Date")) {
      recipient_->last_attempt = moment(field);
    } else if (field.is("Will-Retry-Until")) {
      recipient_->will_retry_until = moment(field);
    }
  }

  void finish_recipient() {
    if (recipient_ != nullptr) recipient_->action = action_of(action_.substr(0, action_.find(' ')), recipient_->status);
    action_.clear();
    recipient_ = nullptr;
  }

  DeliveryReport& report_;
  RecipientReport* recipient_ = nullptr;  // the last of report_.recipients
  std::string action_{};
};

}  // namespace

std::optional<DeliveryReport> parse_delivery_report(const Message& message) {
  DeliveryReport report;
  std::optional<Part> status;
  for (const Part part : message.walk()) {
    if (!status) {
      if (part.is("message/delivery-status") || part.is("message/global-delivery-status")) status = part;
      continue;
    }
    if (part.parent()->index() != status->parent()->index()) continue;
    report.return_whole_message = part.is_message();
    report.original_message = part.is_message() ? std::string(part.raw_body()) : part.content();
    break;
  }
  if (!status) return std::nullopt;
  StatusReader(report).read(status->content());
  if (const std::vector<Address> to = message.to(); !to.empty()) report.recipient = to.front().addr;
  return report;
}

}  // namespace posthouse::mime
