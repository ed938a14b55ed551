#pragma once
// A TlsContext that can be replaced while listeners use it.
#include <memory>

#include "posthouse/net/tls/tls.h"

namespace posthouse::net {

/// Holds the context that new connections are started with. Connections that are open keep theirs. All calls may be
/// made from all threads at any time.
///
///     net::LiveTlsContext tls(net::TlsContext::server({.cert_file = "cert.pem", .key_file = "key.pem"}));
///     net::serve(listener, [&](net::Stream& stream) {
///       stream.start_tls_server(tls.current(), 10s);
///       …
///     });
///     // elsewhere, when the certificate was renewed (SIGHUP):
///     tls.reload();
class LiveTlsContext {
 public:
  /// Begins with `context`, of a server or a client.
  explicit LiveTlsContext(TlsContext context);
  ~LiveTlsContext();
  LiveTlsContext(const LiveTlsContext&) = delete;
  LiveTlsContext& operator=(const LiveTlsContext&) = delete;

  /// What connections are to be started with now.
  TlsContext current() const;
  /// Puts `context` in its place.
  void replace(TlsContext context);
  /// Reads the files of the current one again (TlsContext::reload). When that throws, all stays as it was. Blocks on
  /// the file system; within a fiber call it through blocking().
  void reload();

 private:
  struct Slot;
  const std::unique_ptr<Slot> slot_;
};

}  // namespace posthouse::net
