#pragma once
// Binding the listeners and getting the certificate. Internal to the server module.
#include <string>
#include <utility>
#include <vector>

#include "posthouse/net/listener.h"
#include "posthouse/net/tls.h"
#include "posthouse/server/config.h"

namespace posthouse::server {

/// One configured listener: one socket a loop, all on the same address.
struct BoundListener {
  ListenerKind kind = ListenerKind::smtp;
  net::Address address{};
  std::vector<net::Listener> sockets{};
};

/// Binds `config` once for each of `loops` loops. Throws net::Error that names the listener and, where it is the
/// reason, the right that is missing and the flag to use instead.
BoundListener bind_listener(const ListenerConfig& config, unsigned loops);

/// The certificate of `config`; without one, the self-signed one in the data directory, made (with a line in the log)
/// when it is not there. Blocks on the file system.
net::TlsContext server_tls(const Config& config);

/// "smtp=127.0.0.1:2525".
std::string show(const ListenerConfig& listener);

}  // namespace posthouse::server
