#pragma once
// What the relay reports, as lines of the log. Private to this module.
#include "posthouse/relay/worker/worker.h"

namespace posthouse::server {

void log_relay_event(const relay::Event& event);

}  // namespace posthouse::server
