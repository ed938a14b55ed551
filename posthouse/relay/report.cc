#include "posthouse/relay/report.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/relay/outgoing.h"

namespace posthouse::relay {
namespace {

using mime::DeliveryAction;

std::chrono::seconds since(queue::Moment then, queue::Moment now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - then);
}

mime::RecipientReport report_on(const Notice& notice, queue::Moment now) {
  const queue::Claimed& row = notice.recipient;
  mime::RecipientReport out{.final_recipient = row.recipient,
                            .original_recipient = row.original_recipient,
                            .action = notice.action,
                            .status = notice.verdict.status,
                            .remote_mta = notice.verdict.remote_mta};
  if (const std::size_t semicolon = row.orcpt.find(';'); semicolon != std::string::npos) {
    out.original_recipient_type = row.orcpt.substr(0, semicolon);
    out.original_recipient = row.orcpt.substr(semicolon + 1);
  }
  (notice.verdict.remote_mta.empty() ? out.explanation : out.diagnostic) = notice.verdict.text;
  const bool is_here = notice.action == DeliveryAction::delivered || notice.action == DeliveryAction::expanded;
  if (!is_here) {
    out.last_attempt = now;
  }
  if (notice.expired || notice.action == DeliveryAction::delayed) {
    out.tried_for = since(row.created_at, now);
  }
  if (notice.action == DeliveryAction::delayed) {
    out.will_retry_until = row.expires_at;
  }
  return out;
}

mime::DeliveryReport report_about(const Reporter& reporter, const std::vector<Notice>& notices, queue::Moment now) {
  const queue::Claimed& message = notices.front().recipient;
  mime::DeliveryReport report{.reporting_mta = reporter.hostname,
                              .recipient = {},
                              .original_envelope_id = message.envid,
                              .arrival = message.created_at};
  for (const Notice& notice : notices) {
    report.recipients.push_back(report_on(notice, now));
  }
  return report;
}

/// Only a failure brings the message back (RFC 3461 section 4.3).
bool wants_message(const std::vector<Notice>& notices) {
  const queue::Claimed& message = notices.front().recipient;
  return message.ret == mail::Ret::full && message.size <= largest_returned &&
         std::ranges::any_of(notices, [](const Notice& notice) { return notice.action == DeliveryAction::failed; });
}

/// Empty when it is damaged or gone: the sender is told all the same.
std::string original_of(store::Store& store, store::MessageId message, bool whole) {
  try {
    return whole ? store.messages().load(message, store::Audience::next_hop) : read_header(store, message);
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

/// `original` gives the message, or its header.
template <class F>
std::optional<Report> make_report_with(store::Store& store, const Reporter& reporter,
                                       const std::vector<Notice>& notices, queue::Moment now, F&& original) {
  if (notices.empty() || notices.front().recipient.reverse_path.empty()) {
    return std::nullopt;
  }
  std::string sender = notices.front().recipient.reverse_path;
  if (reporter.original_sender) {
    sender = reporter.original_sender(sender).value_or(sender);
  }
  Report report{.letter = {}, .to = destinations_of(store, sender)};
  if (report.to.empty()) {
    return std::nullopt;
  }
  mime::DeliveryReport about = report_about(reporter, notices, now);
  about.recipient = sender;
  about.return_whole_message = wants_message(notices);
  about.eight_bit = report.to.remote().empty();  // a mailbox takes all
  about.original_message = original(about.return_whole_message);
  about.language = mime::report_language(about.original_message);
  const std::string text = mime::build_delivery_report(about);
  store::BodyWriter body = store.new_body();
  body.append(text);
  report.letter = {.body = body.finish(),
                   .reverse_path = {},
                   .smtputf8 = !is_ascii(sender),
                   .eight_bit = !is_ascii(text),
                   .prefix = reporter.sign ? reporter.sign(text) : std::string(),
                   .expires_at = reporter.expires_at};
  return report;
}

}  // namespace

std::optional<Notice> notice_of(const queue::Claimed& recipient, const Verdict& verdict, DeliveryAction action) {
  const mail::Notify notify = recipient.notify;
  const bool wanted = action == DeliveryAction::failed    ? notify.failure()
                      : action == DeliveryAction::delayed ? notify.delay() && !recipient.delay_told
                                                          : notify.success() && !verdict.dsn;
  if (recipient.reverse_path.empty() || !wanted) {
    return std::nullopt;
  }
  return Notice{.recipient = recipient, .verdict = verdict, .action = action};
}

std::optional<Report> make_report(store::Store& store, const Reporter& reporter, const std::vector<Notice>& notices,
                                  queue::Moment now) {
  return make_report_with(store, reporter, notices, now,
                          [&](bool whole) { return original_of(store, notices.front().recipient.message_id, whole); });
}

std::optional<Report> make_report(store::Store& store, const Reporter& reporter, const std::vector<Notice>& notices,
                                  queue::Moment now, std::string header) {
  return make_report_with(store, reporter, notices, now, [&](bool) { return std::move(header); });
}

}  // namespace posthouse::relay
