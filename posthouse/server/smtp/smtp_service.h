#pragma once
// SMTP as a service: mail from other servers, and mail from our users.
#include <chrono>

#include "posthouse/server/service.h"

namespace posthouse::server {

/// What the SMTP listeners go by.
struct SmtpSettings {
  bool refuse_own_senders = false;  ///< Mail in the name of our own domains only after a log-in.
  unsigned soft_errors = 10;  ///< Errors since the last message before each further one is answered a second late.
  unsigned errors = 20;       ///< Errors since the last message before the connection is closed.
  /// How long a peer may stay silent: for the next command (RFC 5321 section 4.5.3.2.7), for the next octets of a message
  /// (section 4.5.3.2.5).
  std::chrono::milliseconds command = std::chrono::minutes(5);
  std::chrono::milliseconds data = std::chrono::minutes(3);
  bool mend_line_ends = true;  ///< See smtp::ServerOptions::mend_line_ends.
};

/// Listeners: smtp takes mail for our domains only (RFC 5321); submission (RFC 6409) and submissions (RFC 8314) take
/// mail for anybody from users who have logged in.
Service smtp_service();

}  // namespace posthouse::server
