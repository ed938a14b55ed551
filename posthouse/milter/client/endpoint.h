#pragma once
// Where a filter listens, as sendmail and Postfix spell it.
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/net/stream/stream.h"

namespace posthouse::milter {

/// A host with a port, or the path of a Unix socket.
///
///     Endpoint::parse("inet:11332@localhost").port;           // 11332
///     Endpoint::parse("unix:/run/opendkim/opendkim.sock").path;
struct Endpoint {
  std::string host{};      ///< A name or an IP address without brackets; empty for a Unix socket.
  std::uint16_t port = 0;  ///< 0 for a Unix socket.
  bool ipv6_only = false;  ///< "inet6:": no IPv4 address of the host is tried.
  std::string path{};      ///< Of the Unix socket, absolute.

  /// Reads "inet:PORT@HOST" and "inet6:PORT@HOST" (without "@HOST": localhost), Postfix's "inet:HOST:PORT" ("inet:[::1]:PORT"),
  /// "unix:/PATH", "local:/PATH" and "/PATH". Throws Error (Errc::endpoint).
  static Endpoint parse(std::string_view text);

  /// What parse() reads: "inet:11332@localhost", "unix:/path".
  std::string to_string() const;

  bool operator==(const Endpoint&) const = default;
};

/// Connects. Throws net::Error.
net::Stream connect(const Endpoint& endpoint, net::Deadline deadline = {});

}  // namespace posthouse::milter
