#include "posthouse/relay/report.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/reports/delivery_report.h"
#include "posthouse/net/error.h"
#include "posthouse/relay/outgoing.h"

namespace posthouse::relay {
namespace {

std::string report_text(const std::string& hostname, const std::vector<Failure>& failures, std::string header,
                        queue::Moment now) {
  const queue::Claimed& message = failures.front().recipient;
  mime::DeliveryReport report{.reporting_mta = hostname,
                              .recipient = message.reverse_path,
                              .arrival = message.created_at,
                              .original_message = std::move(header)};
  for (const Failure& failure : failures) {
    mime::RecipientReport recipient{.final_recipient = failure.recipient.recipient,
                                    .original_recipient = failure.recipient.original_recipient,
                                    .action = mime::DeliveryAction::failed,
                                    .status = failure.verdict.status,
                                    .remote_mta = failure.verdict.remote_mta,
                                    .last_attempt = now};
    (failure.verdict.remote_mta.empty() ? recipient.explanation : recipient.diagnostic) = failure.verdict.text;
    report.recipients.push_back(std::move(recipient));
  }
  return mime::build_delivery_report(report);
}

/// Empty when it is damaged or gone: the sender is told all the same.
std::string header_of(store::Store& store, store::MessageId message) {
  try {
    return read_header(store, message);
  } catch (const posthouse::Error& error) {
    if (error.retryable() || net::is_canceled(error)) {
      throw;
    }
    return {};
  }
}

/// Where a report goes: the sender's mailbox, or the queue when the sender is of another house.
delivery::Destinations destinations_of(store::Store& store, const std::string& sender) {
  delivery::Destinations to;
  const store::Resolution resolution = store.accounts().resolve(sender);
  if (resolution.status == store::Resolution::Status::ok) {
    to.add_local(resolution, sender);
  }
  if (resolution.status == store::Resolution::Status::no_such_domain && !queue::domain_of(sender).empty()) {
    to.add_remote(sender);
  }
  return to;
}

}  // namespace

std::optional<Report> make_report(store::Store& store, const std::string& hostname,
                                  const std::vector<Failure>& failures, queue::Moment now, queue::Moment expires_at,
                                  const std::function<std::string(std::string_view)>& sign) {
  if (failures.empty() || failures.front().recipient.reverse_path.empty()) {
    return std::nullopt;
  }
  const std::string& sender = failures.front().recipient.reverse_path;
  Report report{.letter = {}, .to = destinations_of(store, sender)};
  if (report.to.empty()) {
    return std::nullopt;
  }
  const std::string text =
      report_text(hostname, failures, header_of(store, failures.front().recipient.message_id), now);
  store::BodyWriter body = store.new_body();
  body.append(text);
  report.letter = {.body = body.finish(),
                   .reverse_path = {},
                   .smtputf8 = !is_ascii(sender),
                   .eight_bit = !is_ascii(text),
                   .prefix = sign ? sign(text) : std::string(),
                   .expires_at = expires_at};
  return report;
}

}  // namespace posthouse::relay
