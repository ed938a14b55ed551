#pragma once
// Binding the listeners and getting the certificate. Internal to the server module.
#include <string>
#include <utility>
#include <vector>

#include "posthouse/net/listen/listener.h"
#include "posthouse/net/tls/tls.h"
#include "posthouse/server/config.h"

namespace posthouse::server {

/// One listener of the configuration or of systemd: one for each loop, all on the same address.
struct BoundListener {
  ListenerKind kind = ListenerKind::smtp;
  net::Address address{};
  std::vector<net::Listener> sockets{};
};

/// Binds `config` once for each of `loops` loops. Throws net::Error that names the listener and, where it is the
/// reason, the right that is missing and the flag to use instead.
BoundListener bind_listener(const ListenerConfig& config, unsigned loops);

/// One socket that listens already, for each of `loops` loops. Throws net::Error.
BoundListener share_listener(ListenerKind kind, net::Listener listener, unsigned loops);

/// What `given` are for, by their names, and where they listen: what Config::activated is to hold. Throws ConfigError
/// for a name that is no kind of listener and for a socket that is not TCP.
std::vector<ListenerConfig> activated_configs(const std::vector<net::ActivatedListener>& given);

/// The certificates of `config`; without any, the self-signed one in the data directory, made (with a line in the log)
/// when it is not there. Blocks on the file system.
net::TlsContext server_tls(const Config& config);

}  // namespace posthouse::server
