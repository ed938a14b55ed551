#pragma once
// IMAP as a service.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "posthouse/server/service.h"

namespace posthouse::server {

struct ImapSettings {
  /// How long a client may stay silent, in IDLE too (RFC 9051 section 5.4 asks for at least 30 minutes).
  std::chrono::milliseconds inactivity = std::chrono::minutes(30);
  /// Capabilities that are not offered, in upper case ("QRESYNC"): for a client that cannot live with one.
  std::vector<std::string> disabled{};
  /// More that are not, to a user, to a client by the name it gives itself (ID), or, with both, to that client of that user.
  struct Exception {
    std::string user{};
    std::string client{};
    std::vector<std::string> disabled{};
  };
  std::vector<Exception> exceptions{};
  /// Messages that one command takes at most (RFC 9738); 0: any number.
  std::uint32_t message_limit = 1'000'000;
};

/// Listeners: imap with STARTTLS (RFC 9051 section 6.2.1), and imaps under TLS from the first octet (RFC 8314).
Service imap_service();

}  // namespace posthouse::server
