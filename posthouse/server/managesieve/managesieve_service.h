#pragma once
// ManageSieve as a service.
#include <chrono>

#include "posthouse/server/service.h"

namespace posthouse::server {

struct ManageSieveSettings {
  /// How long a client may stay silent (RFC 5804 section 1.2 asks for at least 30 minutes).
  std::chrono::milliseconds inactivity = std::chrono::minutes(30);
};

/// Listener: managesieve with STARTTLS (RFC 5804), for the Sieve scripts of accounts.
Service managesieve_service();

}  // namespace posthouse::server
