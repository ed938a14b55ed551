#pragma once
// The certificates that listeners show and ask for. Private to this module.
#include "posthouse/net/tls/tls.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// Contexts for the listeners of a server.
struct ListenerTls {
  net::TlsContext strangers;  ///< For other servers: shows a certificate.
  net::TlsContext users;      ///< Where people log in: asks for one, too, where LoginConfig::client_ca is set.

  const net::TlsContext& of(const ListenerKind& kind) const noexcept { return kind.passwords ? users : strangers; }
};

/// The certificates of `config`; without any, the self-signed one in the data directory, made (with a line in the log)
/// when it is not there. Blocks on the file system.
ListenerTls server_tls(const Config& config);

}  // namespace posthouse::server
