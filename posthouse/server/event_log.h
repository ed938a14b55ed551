#pragma once
// What store, queue and protocols report, as lines of the log. Private to this module.
#include <span>

#include "posthouse/net/address.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/relay/worker/worker.h"
#include "posthouse/server/config.h"
#include "posthouse/store/changes/change.h"

namespace posthouse::server {

void log_queue_event(const relay::Event& event);

/// Tells of mailboxes that were found damaged; a store::Listener.
void log_repairs(std::span<const store::Change> changes);

/// Puts each line of a dialogue with `peer` into the log, at level trace.
net::Trace trace_to_log(ListenerKind kind, const net::Address& peer);

}  // namespace posthouse::server
