#pragma once
// Binding the listeners. Private to this module.
#include <vector>

#include "posthouse/net/listen/listener.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// One listener of the configuration or of systemd: one for each loop, all on the same address.
struct BoundListener {
  const ListenerKind* kind = nullptr;
  net::Address address{};
  std::vector<net::Listener> sockets{};
};

/// Binds `config`, which is for `kind`, once for each of `loops` loops. `kind` outlives the result. Throws net::Error
/// that names the listener and, where it is the reason, the right that is missing and the flag to use instead.
BoundListener bind_listener(const ListenerKind& kind, const ListenerConfig& config, unsigned loops);

/// One socket that listens already, for each of `loops` loops. Throws net::Error.
BoundListener share_listener(const ListenerKind& kind, net::Listener listener, unsigned loops);

/// What `given` are for, by their names, and where they listen: what Config::activated is to hold. Throws Error
/// (Errc::activation) for a name that is no kind of listener of `schema` and for a socket that is not TCP.
std::vector<ListenerConfig> activated_configs(const std::vector<net::ActivatedListener>& given,
                                              const ConfigSchema& schema);

}  // namespace posthouse::server
