#include "posthouse/net/stream/stream.h"
#include "posthouse/net/tls/tls.h"

namespace posthouse::net {

// release() drops what is buffered: what a peer (or somebody in between) said before TLS began does not count
// (RFC 3207 section 6, RFC 2595 section 4). It also leaves this stream closed should the handshake fail.

void Stream::start_tls_client(const TlsContext& context, std::string server_name, Deadline deadline) {
  const Deadline until = effective(deadline);
  transport_ = tls_client(release(until), context, server_name, until);
}

void Stream::start_tls_server(const TlsContext& context, Deadline deadline) {
  const Deadline until = effective(deadline);
  transport_ = tls_server(release(until), context, until);
}

std::optional<TlsInfo> Stream::tls() const {
  return transport_ == nullptr ? std::nullopt : transport_->tls_info();
}

std::optional<std::string> Stream::channel_binding(ChannelBinding kind) const {
  return transport_ == nullptr ? std::nullopt : transport_->channel_binding(kind);
}

}  // namespace posthouse::net
