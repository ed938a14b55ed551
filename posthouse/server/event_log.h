#pragma once
// What the queue and the protocols report, as lines of the log. Internal to the server module.
#include "posthouse/net/address.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/relay/worker/worker.h"
#include "posthouse/server/config.h"

namespace posthouse::server {

void log_queue_event(const relay::Event& event);

/// Puts each line of a dialogue with `peer` into the log, at level trace.
net::Trace trace_to_log(ListenerKind kind, const net::Address& peer);

}  // namespace posthouse::server
