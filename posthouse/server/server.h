#pragma once
// The running house: listeners, sessions, store and queue put together.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/fiber/time.h"
#include "posthouse/net/address.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/services.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// A server on one data directory. Lives within net::run, is used by the fiber that made it, and uses all of its loops.
///
///     net::run([&] {
///       server::Server server(config);
///       server.start();
///       signals.wait();
///       server.stop();
///     });
class Server {
 public:
  /// `config` must be complete() (see config.h) by the schema of `services`. `services` and `resolver` (null: the
  /// system's) must outlive the server.
  explicit Server(Config config, net::Resolver* resolver = nullptr,
                  const std::vector<Service>& services = server::services());
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Stops at once: sessions are cut off.
  ~Server();

  /// Opens the store, which start() does when nobody has. May be called again when it has thrown. Throws store::Error.
  void open();

  /// Opens the store, reads or makes the certificate, binds every listener and begins to serve. `given`
  /// listen already (systemd): each is named after the kind of listener it is, and config.activated must say the same.
  /// Throws what cannot be had: store::Error, net::Error, Error; nothing runs then.
  void start(std::vector<net::ActivatedListener> given = {});

  /// The addresses bound, each with the name of its kind: those given, then those of the configuration, in their order.
  const std::vector<std::pair<std::string, net::Address>>& addresses() const noexcept;

  /// Takes over what can change while it runs: certificates, routes, limits, timeouts, the retry schedule. The rest is
  /// left as it is. New sessions go by the new rules. Returns the names of those settings in `config` that differ and
  /// want a restart ("hostname"). Throws net::Error when a certificate is no good; nothing has changed then.
  std::vector<std::string> reload(Config config);

  /// Accepts no more, lets sessions finish their command (at most config.stop_timeout), then cuts them off and stops
  /// the services and the store. May be called again.
  void stop();

  /// The store, e.g. for tests. Valid from start() on.
  store::Store& store();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::server
