#pragma once
// Telling the sender that a message did not arrive (RFC 3464).
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/delivery/delivery.h"
#include "posthouse/queue/rows.h"
#include "posthouse/relay/verdict.h"

namespace posthouse::relay {

/// A recipient that will never get the message.
struct Failure {
  queue::Claimed recipient{};
  Verdict verdict{};
};

/// A report ready to be delivered together with the removal of the rows it is about.
struct Report {
  delivery::Letter letter{};
  delivery::Destinations to{};
};

/// The report on `failures`, which share one message, to its sender, with the message's header as long as that can be
/// read. Nothing when nobody is to be told: the null sender, a sender of this house that leads nowhere. Parks or blocks.
/// Throws what the store and `sign` throw (WorkerOptions::sign).
std::optional<Report> make_report(store::Store& store, const std::string& hostname,
                                  const std::vector<Failure>& failures, queue::Moment now, queue::Moment expires_at,
                                  const std::function<std::string(std::string_view)>& sign = {});

}  // namespace posthouse::relay
