#pragma once
// What can be asked of a TCP connection beyond reading and writing.
#include <cstddef>
#include <optional>

#include "posthouse/net/fiber.h"

namespace posthouse::net {

/// When the system asks a silent peer whether it still lives (RFC 9293 section 3.8.4). Whole seconds; at least one
/// each.
struct KeepAlive {
  Duration idle = std::chrono::minutes(10);      ///< Silence before the first question.
  Duration interval = std::chrono::seconds(60);  ///< Between questions that are not answered.
  int count = 5;                                 ///< So many unanswered break the connection off (Errc::timeout).
};

/// Options of a TCP socket; what does not apply to a Unix socket is left out there.
struct SocketOptions {
  bool no_delay = true;                      ///< Small writes go out at once (no Nagle algorithm).
  std::optional<KeepAlive> keep_alive{};     ///< None: a peer that has vanished is noticed by writing only.
  Duration user_timeout = Duration::zero();  ///< How long what was sent may stay unacknowledged before the connection
                                             ///< is broken off (RFC 5482); zero: the system's, some fifteen minutes.
  std::size_t send_buffer = 0;               ///< Octets in the kernel; 0: it sizes them itself, which is mostly better.
  std::size_t receive_buffer = 0;            ///< The same for input; must be known before the connection is made.
};

}  // namespace posthouse::net
