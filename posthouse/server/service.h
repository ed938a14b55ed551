#pragma once
// What a server does: each protocol it speaks, and the relaying of mail, is a service. A service lies in a folder of
// its own and is named in one list (services.cc); nothing else in this module knows which there are.
#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "posthouse/net/stream/stream.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/session_record.h"

namespace posthouse::server {

struct House;
struct ListenerTls;

/// One client at one listener.
struct Connection {
  const ListenerKind& kind;
  net::Stream& stream;
  /// Set by the handler while the client is in the middle of something that it should be let finish; a server that
  /// stops ends the input of the others.
  std::atomic<bool> busy{false};
  /// What the handler tells of the session.
  SessionRecord record{};
};

/// A service at work in one server. Its functions are called from all loops.
class Handler {
 public:
  virtual ~Handler() = default;

  /// Goes by `config` and `tls` from now on; sessions keep what they began with. Called before everything else, then
  /// at each reload, never twice at the same time. Throws nothing but std::bad_alloc.
  virtual void configure(const Config& config, const ListenerTls& tls) = 0;

  /// Serves one client to its end. Parks. An exception is written to the log and closes the connection.
  virtual void serve(Connection& connection) = 0;

  /// What the service does besides serving clients: runs in a fiber of its own from the start of the server until
  /// stop(). Does nothing by default.
  virtual void run() {}

  /// Lets run() end soon. Does not wait.
  virtual void stop() noexcept {}
};

/// What a service is, for whoever puts a server together.
struct Service {
  std::string_view name{};                ///< "smtp"; also the name of the fiber of Handler::run().
  std::vector<ListenerKind> listeners{};  ///< What it listens for; none for one that serves no clients.
  std::vector<Setting> settings{};        ///< Its part of the configuration file.
  std::string_view busy{};                ///< Said to a client when there are too many connections; with its line end.
  std::function<void(Config&)> complete{};  ///< Reads the files that its settings name; see ConfigSchema::complete.
  std::function<std::unique_ptr<Handler>(House&)> open{};  ///< Makes the handler. The house outlives it.
};

}  // namespace posthouse::server
