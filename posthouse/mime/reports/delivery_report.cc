#include "posthouse/mime/reports/delivery_report.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mail/dsn.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/compose/build_world.h"
#include "posthouse/mime/compose/entity_writer.h"
#include "posthouse/mime/compose/field.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/fields/message_id.h"
#include "posthouse/mime/reports/report_text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t longest_value = 900;

// One line of printable ASCII: what came from a peer must not make fields of its own.
std::string ascii_line(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, longest_value)) {
    if (is_space(c)) {
      if (!out.ends_with(' ')) {
        out += ' ';
      }
    } else {
      out += c > 32 && c < 127 ? c : '?';
    }
  }
  return std::string(trim(out));
}

/// "rfc822; bob@two.test"; "utf-8; \x{5F20}@two.test" where that is not ASCII (RFC 6533 section 3).
std::string address_value(std::string_view address, std::string_view type = {}) {
  if (!is_ascii(address)) {
    return "utf-8; " + mail::encode_unicode_xtext(address.substr(0, longest_value / 2));
  }
  return (type.empty() ? "rfc822" : ascii_line(type)) + "; " + ascii_line(address);
}

void append_status_field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) {
    return;
  }
  out.append(name).append(": ");
  HeaderWriter writer(out, name.size() + 2);
  for (const std::string_view word : split(value, ' ')) {
    if (!word.empty()) {
      writer.token(word);
    }
  }
  out.append("\r\n");
}

void append_status_date(std::string& out, std::string_view name,
                        const std::optional<std::chrono::system_clock::time_point>& moment) {
  if (moment) {
    append_status_field(out, name, format_date(*moment));
  }
}

std::string default_status(DeliveryAction action) {
  if (action == DeliveryAction::failed) {
    return "5.0.0";
  }
  return action == DeliveryAction::delayed ? "4.0.0" : "2.0.0";
}

// RFC 3464 section 2: the fields of the message, then an empty line and fields for each recipient.
EntityPtr status_entity(const DeliveryReport& report) {
  auto entity = std::make_shared<Entity>();
  entity->header = "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: 7bit\r\n";
  std::string& out = entity->body;
  append_status_field(out, "Original-Envelope-Id", ascii_line(report.original_envelope_id));
  append_status_field(out, "Reporting-MTA", "dns; " + report.reporting_mta);
  if (!report.received_from_mta.empty()) {
    append_status_field(out, "Received-From-MTA", "dns; " + ascii_line(report.received_from_mta));
  }
  append_status_date(out, "Arrival-Date", report.arrival);
  for (const RecipientReport& recipient : report.recipients) {
    out.append("\r\n");
    if (!recipient.original_recipient.empty()) {
      append_status_field(out, "Original-Recipient",
                          address_value(recipient.original_recipient, recipient.original_recipient_type));
    }
    append_status_field(out, "Final-Recipient", address_value(recipient.final_recipient));
    append_status_field(out, "Action", name_of(recipient.action));
    append_status_field(out, "Status",
                        recipient.status.empty() ? default_status(recipient.action) : ascii_line(recipient.status));
    if (!recipient.remote_mta.empty()) {
      append_status_field(out, "Remote-MTA", "dns; " + ascii_line(recipient.remote_mta));
    }
    if (!recipient.diagnostic.empty()) {
      append_status_field(out, "Diagnostic-Code", "smtp; " + ascii_line(recipient.diagnostic));
    }
    append_status_date(out, "Last-Attempt-Date", recipient.last_attempt);
    if (recipient.action == DeliveryAction::delayed) {
      append_status_date(out, "Will-Retry-Until", recipient.will_retry_until);
    }
  }
  entity->has_marker = out.find(boundary_marker) != std::string::npos;
  return entity;
}

// The message where it is asked for and can be carried as it is, else its header.
EntityPtr original_entity(const DeliveryReport& report) {
  const EntityStyle style;
  if (report.return_whole_message) {
    const EntityPtr whole =
        file_entity({.type = "message/rfc822", .disposition = "inline"}, Content(report.original_message), style);
    if (whole->base64.size() == 0 && (report.eight_bit || !whole->eight_bit)) {
      return whole;  // else 8-bit would need 8BITMIME all the way back
    }
  }
  const HeaderBlock block = HeaderBlock::scan(report.original_message);
  std::string header;
  for (const Field field : block.headers()) {
    header += field.raw();
  }
  return text_entity(repair_utf8(header), "text/rfc822-headers", style);
}

void check(const DeliveryReport& report) {
  const auto refuse = [](const std::string& what) { throw Error(Errc::report, "a delivery report " + what); };
  const auto is_host_char = [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_'; };
  if (report.reporting_mta.empty() || report.reporting_mta.size() > 255 ||
      !std::all_of(report.reporting_mta.begin(), report.reporting_mta.end(), is_host_char)) {
    refuse("needs the name of the host that writes it");
  }
  if (report.recipients.empty()) {
    refuse("is about at least one recipient");
  }
}

}  // namespace

std::string_view name_of(DeliveryAction action) noexcept {
  switch (action) {
    case DeliveryAction::failed:
      return "failed";
    case DeliveryAction::delayed:
      return "delayed";
    case DeliveryAction::delivered:
      return "delivered";
    case DeliveryAction::relayed:
      return "relayed";
    case DeliveryAction::expanded:
      return "expanded";
  }
  return "failed";
}

std::string build_delivery_report(const DeliveryReport& report, const BuildOptions& options) {
  check(report);
  const BuildWorld world(options);
  std::string out = "Date: " + format_date(world.now()) + "\r\n";
  append_field(out, "From", "Mail Delivery System <MAILER-DAEMON@" + report.reporting_mta + ">");
  out += "To: ";
  HeaderWriter(out, 4).addresses({Address{.addr = report.recipient}});
  out += "\r\nMessage-ID: " + make_message_id(report.reporting_mta, world.random()) + "\r\n";
  append_field(out, "Subject", report_subject(report));
  out += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";

  std::vector<EntityPtr> parts;
  parts.push_back(text_entity(report_text(report), "text/plain", {}));
  parts.push_back(status_entity(report));
  if (!report.original_message.empty()) {
    parts.push_back(original_entity(report));
  }
  MessageOutput output;
  write_entity(output, *multipart_entity("report", std::move(parts), "report-type=delivery-status"), world.random());
  return out += output.buffer();
}

}  // namespace posthouse::mime
