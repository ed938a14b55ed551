#pragma once
// One TLS context for all clients of the process that want the same.
#include "posthouse/net/tls/tls.h"

namespace posthouse::net {

/// TlsContext::client(options), made once for equal options, so that later connections resume the sessions of earlier
/// ones and the authorities are read once. Made anew when a file of the options has changed, and after an hour, since
/// the system's authorities may have. At most 16 are kept; those asked for least recently go first. What has been
/// handed out stays good. Safe to call from all threads; a fiber is parked while one is made. Throws as
/// TlsContext::client does.
///
///     stream.start_tls_client(net::shared_client_context(), "mail.example");
TlsContext shared_client_context(const TlsClientOptions& options = {});

}  // namespace posthouse::net
