#pragma once
// What the servers of all protocols are told alike. Private to this module.
#include "posthouse/server/config/config.h"
#include "posthouse/server/house.h"
#include "posthouse/server/listen/certificate.h"

namespace posthouse::server {

/// Sets in `options`, the ServerOptions of a protocol, what follows from the house, its configuration and the kind of
/// listener.
template <class Options>
void set_common(Options& options, const House& house, const Config& config, const ListenerTls& tls,
                const ListenerKind& kind) {
  options.hostname = config.hostname;
  options.tls = tls.of(kind);
  options.implicit_tls = kind.tls == net::Tls::implicit;
  options.mechanisms = config.login.mechanisms_of(kind.name);
  options.insecure_auth = kind.passwords && config.insecure_auth;
  options.stopping = &house.stopping;
}

}  // namespace posthouse::server
