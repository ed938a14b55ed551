#include "posthouse/mime/reports/disposition_notification.h"

#include "posthouse/base/text.h"
#include "posthouse/mime/reports/status_fields.h"

namespace posthouse::mime {
namespace {

// disposition-field = "Disposition:" action-mode "/" sending-mode ";" type [ "/" modifier *( "," modifier ) ]
void read_disposition(std::string_view text, DispositionNotification& out) {
  const auto take = [&text](std::string_view ends) {
    const std::size_t end = std::min(text.find_first_of(ends), text.size());
    std::string word = to_lower(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
  };
  out.action_mode = take("/;");
  out.sending_mode = take(";");
  out.disposition = take("/");
  while (!text.empty()) {
    if (std::string modifier = take(","); !modifier.empty()) {
      out.modifiers.push_back(std::move(modifier));
    }
  }
}

void read_field(const Field& field, DispositionNotification& out) {
  if (field.is("Reporting-UA")) {
    out.reporting_ua = field.text();
  } else if (field.is("MDN-Gateway")) {
    out.mdn_gateway = typed_value(field.text());
  } else if (field.is("Original-Recipient")) {
    out.original_recipient = typed_value(field.text());
  } else if (field.is("Final-Recipient")) {
    out.final_recipient = typed_value(field.text());
  } else if (field.is("Original-Message-ID")) {
    out.original_message_id = field.text();
  } else if (field.is("Disposition")) {
    read_disposition(field.text(), out);
  } else if (field.is("Error")) {
    out.error = field.text();
  }
}

}  // namespace

std::optional<DispositionNotification> parse_disposition_notification(const Message& message) {
  std::optional<ReportParts> parts =
      find_report(message, {"message/disposition-notification", "message/global-disposition-notification"});
  if (!parts) {
    return std::nullopt;
  }
  DispositionNotification out;
  for (const StatusGroup& group : split_status_groups(parts->content, 1)) {
    for (const Field field : group.headers()) {
      read_field(field, out);
    }
  }
  out.original_message = std::move(parts->original);
  return out;
}

}  // namespace posthouse::mime
