// How the house is put together and taken apart.
//
// Terms.  A *session* is one connection served. The *rules* are what a reload can change; a session keeps those it
// began with.
//
// Invariants.
//  1. Nothing is bound before the store is open, and nothing is said to be ready before everything is bound.
//  2. The order of leaving: listeners, sessions, queue, store. Who takes responsibility for a message finds the store
//     still open.
//  3. Sessions are woken, then waited for, then cut off; each step happens within Timeouts::stop.
#include "posthouse/server/server.h"

#include <atomic>
#include <mutex>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/error.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/queue/worker.h"
#include "posthouse/server/account_verifier.h"
#include "posthouse/server/connections.h"
#include "posthouse/server/directory.h"
#include "posthouse/server/event_log.h"
#include "posthouse/server/listening.h"
#include "posthouse/server/log.h"
#include "posthouse/server/pop3_backend.h"
#include "posthouse/server/rules.h"
#include "posthouse/server/smtp_backend.h"
#include "posthouse/smtp/server/server.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

bool speaks_pop3(ListenerKind kind) {
  return kind == ListenerKind::pop3 || kind == ListenerKind::pop3s;
}
bool begins_with_tls(ListenerKind kind) {
  return kind == ListenerKind::submissions || kind == ListenerKind::pop3s;
}

/// `options`, or at log level trace a copy that puts the dialogue into the log.
template <class Options>
std::shared_ptr<const Options> with_trace(const Options& options, ListenerKind kind, const net::Address& peer) {
  if (!log().should_log(spdlog::level::trace)) {
    return {std::shared_ptr<void>(), &options};
  }
  auto traced = std::make_shared<Options>(options);
  traced->trace = trace_to_log(kind, peer);
  return traced;
}

}  // namespace

struct Server::State {
  explicit State(Config given) : config(std::move(given)) {}

  std::shared_ptr<const Rules> current_rules() {
    const std::lock_guard lock(mutex);
    return rules;
  }
  void listen(std::vector<net::ActivatedListener> given);
  void accept_on(ListenerKind kind, net::Listener& listener);
  void serve(ListenerKind kind, net::Stream& stream);
  void serve_smtp(ListenerKind kind, net::Stream& stream);
  void serve_pop3(ListenerKind kind, net::Stream& stream);
  bool turned_away(const Connections::Entry& entry, ListenerKind kind, net::Stream& stream);

  Config config;
  std::atomic<bool> stopping{false};
  std::shared_ptr<store::Store> store;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<AccountVerifier> verifier;
  House house;
  std::unique_ptr<Pop3Backend> pop3_backend;
  net::Resolver* resolver = nullptr;
  std::unique_ptr<net::Resolver> own_resolver;
  std::unique_ptr<queue::Worker> worker;
  Connections connections;
  std::vector<BoundListener> listeners;
  std::vector<std::pair<ListenerKind, net::Address>> addresses;
  std::mutex mutex;
  std::shared_ptr<const Rules> rules;  // guarded by mutex
  std::unique_ptr<net::Scope> scope;   // last: its fibers use the rest
};

bool Server::State::turned_away(const Connections::Entry& entry, ListenerKind kind, net::Stream& stream) {
  if (entry.admitted()) {
    return false;
  }
  log().warn("connection refused protocol={} peer={} reason=limit", to_string(kind), stream.peer_address().to_string());
  if (!begins_with_tls(kind)) {
    stream.write(speaks_pop3(kind) ? "-ERR [SYS/TEMP] Too many connections\r\n"
                                   : "421 4.7.0 Too many connections; try again later\r\n",
                 1s);
  }
  return true;
}

void Server::State::serve_smtp(ListenerKind kind, net::Stream& stream) {
  const auto rules_now = current_rules();
  SmtpBackend backend(house, rules_now->intake);
  const net::Address peer = stream.peer_address();
  const Connections::Entry entry(connections, peer, stream.transport().native_handle(),
                                 [&] { return backend.in_transaction(); });
  if (turned_away(entry, kind, stream)) {
    return;
  }
  const auto& options = rules_now->smtp_options(kind);
  log().debug("connected protocol={} peer={}", to_string(kind), peer.to_string());
  const smtp::SessionSummary summary = smtp::serve_session(stream, *with_trace(options, kind, peer), backend);
  const bool notable = summary.end == smtp::SessionEnd::refused || summary.errors != 0 || summary.auth_failures != 0;
  log().log(
      notable ? spdlog::level::info : spdlog::level::debug,
      "session ended protocol={} peer={} end={} messages={} commands={} errors={} refusals={} auth_failures={}{}{}",
      to_string(kind), peer.to_string(), smtp::to_string(summary.end), summary.messages, summary.commands,
      summary.errors, summary.refusals, summary.auth_failures,
      summary.detail.empty() ? "" : " detail=", shown(summary.detail));
}

void Server::State::serve_pop3(ListenerKind kind, net::Stream& stream) {
  const auto rules_now = current_rules();
  const net::Address peer = stream.peer_address();
  const Connections::Entry entry(connections, peer, stream.transport().native_handle(), [] { return false; });
  if (turned_away(entry, kind, stream)) {
    return;
  }
  log().debug("connected protocol={} peer={}", to_string(kind), peer.to_string());
  const pop3::SessionSummary summary =
      pop3::serve_session(stream, *with_trace(rules_now->pop3_options(kind), kind, peer), *pop3_backend);
  log().log(summary.user.empty() ? spdlog::level::debug : spdlog::level::info,
            "session ended protocol={} peer={} user={} end={} retrieved={} octets={} removed={} auth_failures={}",
            to_string(kind), peer.to_string(), shown(summary.user), pop3::to_string(summary.end), summary.retrieved,
            summary.octets, summary.removed, summary.auth_failures);
}

void Server::State::serve(ListenerKind kind, net::Stream& stream) {
  if (speaks_pop3(kind)) {
    serve_pop3(kind, stream);
  } else {
    serve_smtp(kind, stream);
  }
}

void Server::State::listen(std::vector<net::ActivatedListener> given) {
  const unsigned loops = net::loop_count();
  const std::vector<ListenerConfig> kinds = activated_configs(given);
  for (std::size_t i = 0; i < given.size(); ++i) {
    listeners.push_back(share_listener(kinds[i].kind, std::move(given[i].listener), loops));
  }
  for (const ListenerConfig& listener : config.listeners) {
    listeners.push_back(bind_listener(listener, loops));
  }
  for (const BoundListener& listener : listeners) {
    addresses.emplace_back(listener.kind, listener.address);
  }
}

/// Serves until the listener is closed. Whatever else ends the loop is logged and tried again: a server that runs but
/// does not listen is of no use.
void Server::State::accept_on(ListenerKind kind, net::Listener& listener) {
  while (!stopping) {
    try {
      net::serve(listener, [&, kind](net::Stream& stream) { serve(kind, stream); },
                 {.on_error = [kind](const std::exception& error) {
                   log().debug("connection failed protocol={} error={}", to_string(kind), shown(error.what()));
                 }});
      return;
    } catch (const std::exception& error) {
      if (stopping || net::is_canceled(error)) {
        throw;
      }
      log().error("accepting failed listener={} error={}", to_string(kind), shown(error.what()));
      net::sleep_for(1s);
    }
  }
}

Server::Server(Config config, net::Resolver* resolver) : state_(std::make_unique<State>(std::move(config))) {
  state_->resolver = resolver;
  if (resolver != nullptr) {
    return;
  }
  state_->own_resolver = std::make_unique<net::SystemResolver>();
  state_->resolver = state_->own_resolver.get();
}

Server::~Server() {
  if (state_->scope == nullptr) {
    return;
  }
  state_->config.timeouts.stop = {};
  stop();
}

void Server::start(std::vector<net::ActivatedListener> given) {
  State& s = *state_;
  s.connections.set_limits(s.config.limits.connections, s.config.limits.connections_per_ip);
  s.store = net::blocking([&] {
    return store::Store::open({.data_dir = s.config.data,
                               .database = s.config.database,
                               .migrations = {queue::migrations()},
                               .references = queue::references(),
                               .server = true});
  });
  s.rules = make_rules(s.config, net::blocking([&] { return server_tls(s.config); }), s.stopping);
  s.directory = std::make_unique<Directory>(s.store, s.config.hostname);
  s.verifier = std::make_unique<AccountVerifier>(s.store);
  s.pop3_backend = std::make_unique<Pop3Backend>(s.store, *s.verifier);
  s.worker = std::make_unique<queue::Worker>(s.store, worker_options(s.config), *s.resolver, log_queue_event);
  s.house = {.store = s.store,
             .directory = s.directory.get(),
             .verifier = s.verifier.get(),
             .hostname = s.config.hostname,
             .wake_queue = [&s](const auto& recipients) { s.worker->wake(recipients); }};
  s.listen(std::move(given));
  s.scope = std::make_unique<net::Scope>();
  s.scope->spawn([&s] { s.worker->run(); }, "queue");
  for (BoundListener& bound : s.listeners) {
    for (unsigned loop = 0; loop < bound.sockets.size(); ++loop) {
      s.scope->spawn_on(
          loop, [&s, kind = bound.kind, &socket = bound.sockets[loop]] { s.accept_on(kind, socket); }, "accept");
    }
  }
}

const std::vector<std::pair<ListenerKind, net::Address>>& Server::addresses() const noexcept {
  return state_->addresses;
}

store::Store& Server::store() {
  return *state_->store;
}

void Server::reload(Config config) {
  State& s = *state_;
  // What listeners were bound for, and what they were allowed, stays (see insecure_auth in complete()).
  config.hostname = s.config.hostname;
  config.data = s.config.data;
  config.database = s.config.database;
  config.insecure_auth = s.config.insecure_auth;
  const auto rules = make_rules(config, net::blocking([&] { return server_tls(config); }), s.stopping);
  s.connections.set_limits(config.limits.connections, config.limits.connections_per_ip);
  s.worker->reconfigure(worker_options(config));
  const std::lock_guard lock(s.mutex);
  s.rules = rules;
  s.config.limits = config.limits;
  s.config.timeouts = config.timeouts;
  s.config.queue = config.queue;
}

void Server::stop() {
  State& s = *state_;
  if (s.scope == nullptr) {
    return;
  }
  const net::Shield finish;
  s.stopping = true;
  for (BoundListener& bound : s.listeners) {
    for (net::Listener& socket : bound.sockets) {
      socket.close();
    }
  }
  s.worker->stop();
  // A message that is still coming in when this is over gets the other half (ServerTimeouts::stop).
  const net::Deadline deadline(s.config.timeouts.stop / 2);
  while (s.connections.size() != 0 && !deadline.expired()) {
    s.connections.wake_idle();
    net::sleep_for(20ms);
  }
  if (const std::size_t left = s.connections.size(); left != 0) {
    log().info("cutting off sessions={}", left);
  }
  s.scope->cancel();
  try {
    s.scope->join();
  } catch (const std::exception& error) {
    if (!net::is_canceled(error)) {
      log().error("while stopping: {}", shown(error.what()));
    }
  }
  s.scope.reset();
  net::blocking([&] { s.store->stop(); });
}

}  // namespace posthouse::server
