#pragma once
// What a reload of the configuration can change, as the sessions and the queue take it. Internal to the server module.
#include <atomic>
#include <memory>

#include "posthouse/net/tls/tls.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/relay/worker/worker.h"
#include "posthouse/server/config.h"
#include "posthouse/server/smtp_backend.h"
#include "posthouse/smtp/server/server.h"

namespace posthouse::server {

/// A session keeps those it began with.
struct Rules {
  IntakeRules intake{};
  smtp::ServerOptions smtp{};
  smtp::ServerOptions submission{};
  smtp::ServerOptions submissions{};
  pop3::ServerOptions pop3{};
  pop3::ServerOptions pop3s{};

  const smtp::ServerOptions& smtp_options(ListenerKind kind) const noexcept {
    return kind == ListenerKind::smtp ? smtp : kind == ListenerKind::submission ? submission : submissions;
  }
  const pop3::ServerOptions& pop3_options(ListenerKind kind) const noexcept {
    return kind == ListenerKind::pop3 ? pop3 : pop3s;
  }
};

/// `stopping` must outlive the rules.
std::shared_ptr<const Rules> make_rules(const Config& config, const net::TlsContext& tls,
                                        const std::atomic<bool>& stopping);

relay::WorkerOptions worker_options(const Config& config);

}  // namespace posthouse::server
