#pragma once
// POP3 as a service.
#include <chrono>
#include <optional>

#include "posthouse/server/service.h"

namespace posthouse::server {

struct Pop3Settings {
  /// How long a client may stay silent (RFC 1939 section 3 asks for at least 10 minutes).
  std::chrono::milliseconds inactivity = std::chrono::minutes(10);
  /// How many days messages stay, as it is announced (nothing here removes them); nothing: for ever.
  std::optional<std::chrono::days> expire{};
  /// How long after a log-in an account's next one is refused; 0: never.
  std::chrono::seconds login_delay{0};
};

/// Listeners: pop3 with STLS (RFC 1939, RFC 2595), and pop3s under TLS from the first octet (RFC 8314).
Service pop3_service();

}  // namespace posthouse::server
