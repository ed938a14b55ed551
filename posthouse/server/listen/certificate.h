#pragma once
// The certificate that listeners show. Private to this module.
#include "posthouse/net/tls/tls.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

/// The certificates of `config`; without any, the self-signed one in the data directory, made (with a line in the log)
/// when it is not there. Blocks on the file system.
net::TlsContext server_tls(const Config& config);

}  // namespace posthouse::server
