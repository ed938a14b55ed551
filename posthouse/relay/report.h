#pragma once
// Telling the sender what became of a letter (RFC 3461, RFC 3464): that it failed, expired, takes long, was handed on or has
// arrived. Never about a letter from the null sender, so that no report is answered by a report.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/delivery/delivery.h"
#include "posthouse/mime/reports/delivery_report.h"
#include "posthouse/queue/rows.h"
#include "posthouse/relay/verdict.h"

namespace posthouse::relay {

/// What the sender is told of one recipient.
struct Notice {
  queue::Claimed recipient{};
  Verdict verdict{};
  mime::DeliveryAction action = mime::DeliveryAction::failed;
  bool expired = false;  ///< It failed because its time was up.
};

/// A report ready to be delivered together with what becomes of the rows it is about.
struct Report {
  delivery::Letter letter{};
  delivery::Destinations to{};
};

/// Who reports, and how.
struct Reporter {
  std::string hostname{};      ///< The reporting MTA; From is MAILER-DAEMON there.
  queue::Moment expires_at{};  ///< When the queue gives up on a report to another house.
  /// The fields that sign a whole message, each with its line end; may be empty. See WorkerOptions::sign.
  std::function<std::string(std::string_view message)> sign{};
  /// See WorkerOptions::original_sender.
  std::function<std::optional<std::string>(std::string_view sender)> original_sender{};
};

/// The largest message that comes back whole (RET=FULL); of a larger one the header does.
inline constexpr std::uint64_t largest_returned = std::uint64_t{1} << 20;

/// What the sender is to be told about `recipient` after an attempt that ended with `verdict` in `action`; nothing when
/// nobody is to be told: the null sender, a sender who wants to hear nothing of it (RFC 3461 section 4.1), or a host that
/// tells of it itself.
std::optional<Notice> notice_of(const queue::Claimed& recipient, const Verdict& verdict, mime::DeliveryAction action);

/// The report on `notices`, which share one message, to its sender in the language of the message, with the message's header,
/// or with all of it where a failure is reported and the sender asked for that (RET=FULL). What cannot be read is left out.
/// Nothing when nobody is to be told: the null sender, a sender of this house that leads nowhere. Parks or blocks. Throws
/// what the store and `reporter.sign` throw.
std::optional<Report> make_report(store::Store& store, const Reporter& reporter, const std::vector<Notice>& notices,
                                  queue::Moment now);

/// The same about a message that is not stored yet, with this header; notices need no message_id.
std::optional<Report> make_report(store::Store& store, const Reporter& reporter, const std::vector<Notice>& notices,
                                  queue::Moment now, std::string header);

}  // namespace posthouse::relay
