// Reads delivery reports (RFC 3464, RFC 6533). Writing them is in delivery_report.cc.
#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/reports/delivery_report.h"
#include "posthouse/mime/reports/status_fields.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t most_recipients = 10'000;

DeliveryAction action_of(std::string_view word, std::string_view status) {
  for (const DeliveryAction action : {DeliveryAction::failed, DeliveryAction::delayed, DeliveryAction::delivered,
                                      DeliveryAction::relayed, DeliveryAction::expanded}) {
    if (iequals(word, name_of(action))) {
      return action;
    }
  }
  if (status.starts_with('2')) {
    return DeliveryAction::delivered;
  }
  return status.starts_with('4') ? DeliveryAction::delayed : DeliveryAction::failed;
}

// Some write "rfc822; <ann@one.test>".
std::string without_brackets(std::string address) {
  return address.starts_with('<') && address.ends_with('>') ? address.substr(1, address.size() - 2) : address;
}

class StatusReader {
 public:
  explicit StatusReader(DeliveryReport& report) : report_(report) {}

  void read(std::string_view content) {
    for (const StatusGroup& group : split_status_groups(content, most_recipients)) {
      recipient_ = nullptr;
      for (const Field field : group.headers()) {
        read_field(field);
      }
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
      if (report_.recipients.size() < most_recipients) {
        recipient_ = &report_.recipients.emplace_back();
      }
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
      report_.arrival = moment_of(field);
    }
  }

  void read_of_recipient(const Field& field) {
    if (field.is("Final-Recipient")) {
      recipient_->final_recipient = without_brackets(typed_value(field.text()));
    } else if (field.is("Original-Recipient")) {
      recipient_->original_recipient = without_brackets(typed_value(field.text()));
    } else if (field.is("Action")) {
      action_ = field.text();
    } else if (field.is("Status")) {
      recipient_->status = field.text().substr(0, field.text().find(' '));  // some explain it
    } else if (field.is("Remote-MTA")) {
      recipient_->remote_mta = typed_value(field.text());
    } else if (field.is("Diagnostic-Code")) {
      recipient_->diagnostic = typed_value(field.text());
    } else if (field.is("Last-Attempt-Date")) {
      recipient_->last_attempt = moment_of(field);
    } else if (field.is("Will-Retry-Until")) {
      recipient_->will_retry_until = moment_of(field);
    }
  }

  void finish_recipient() {
    if (recipient_ != nullptr) {
      recipient_->action = action_of(action_.substr(0, action_.find(' ')), recipient_->status);
    }
    action_.clear();
    recipient_ = nullptr;
  }

  DeliveryReport& report_;
  RecipientReport* recipient_ = nullptr;  // the last of report_.recipients
  std::string action_{};
};

}  // namespace

std::optional<DeliveryReport> parse_delivery_report(const Message& message) {
  std::optional<ReportParts> parts =
      find_report(message, {"message/delivery-status", "message/global-delivery-status"});
  if (!parts) {
    return std::nullopt;
  }
  DeliveryReport report;
  StatusReader(report).read(parts->content);
  report.original_message = std::move(parts->original);
  report.return_whole_message = parts->whole_message;
  if (const std::vector<Address> to = message.to(); !to.empty()) {
    report.recipient = to.front().addr;
  }
  return report;
}

}  // namespace posthouse::mime
