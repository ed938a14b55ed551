#include "posthouse/net/error.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/tls_transport.h"

namespace posthouse::net {

// What is buffered is dropped: what a peer (or somebody in between) said before TLS began does not count (RFC 3207
// section 6, RFC 2595 section 4).
void Stream::start_tls(const TlsContext& context, std::string server_name, Deadline deadline,
                       void (*demand_side)(const TlsContext&)) {
  const Deadline until = effective(deadline);
  check_open();
  try {
    demand_side(context);
    flush_until(until);
    release_input();
    TlsTransport* tls = nullptr;
    {
      const std::lock_guard lock(mutex_);
      auto made = std::make_unique<TlsTransport>(std::move(transport_), context, std::move(server_name));
      tls = made.get();
      transport_ = std::move(made);
    }
    // Closed before that, it was the transport below that was told.
    tls->handshake(until);
  } catch (...) {
    close();
    throw;
  }
}

void Stream::start_tls_client(const TlsContext& context, std::string server_name, Deadline deadline) {
  start_tls(context, std::move(server_name), deadline, TlsTransport::demand_client);
}

void Stream::start_tls_server(const TlsContext& context, Deadline deadline) {
  start_tls(context, {}, deadline, TlsTransport::demand_server);
}

std::optional<TlsInfo> Stream::tls() const {
  return is_open() ? transport_->tls_info() : std::nullopt;
}

std::optional<std::string> Stream::channel_binding(ChannelBinding kind) const {
  return is_open() ? transport_->channel_binding(kind) : std::nullopt;
}

}  // namespace posthouse::net
