#pragma once
// What the relay reports, as lines of the log. Private to this module.
#include "posthouse/relay/worker/worker.h"

namespace posthouse::server {

void log_relay_event(const relay::Event& event);

/// One line for a session whose TLS was not as its policy asks; nothing for hosts that just offer none.
void log_tls_session(const relay::TlsSession& session) noexcept;

}  // namespace posthouse::server
