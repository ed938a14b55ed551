// How the house is put together and taken apart.
//
// Terms.  A *session* is one connection served.
//
// Invariants.
//  1. Nothing is bound before the store is open, and nothing is said to be ready before everything is bound.
//  2. The order of leaving: listeners, sessions, services, store. Whoever takes responsibility for a message finds the
//     store still open.
//  3. Sessions are woken, then waited for, then cut off; each step happens within Config::stop_timeout.
#include "posthouse/server/server.h"

#include <map>
#include <utility>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/mta_sts/schema.h"
#include "posthouse/net/error.h"
#include "posthouse/queue/schema.h"
#include "posthouse/relay/tls_reports/rows.h"
#include "posthouse/server/account_verifier.h"
#include "posthouse/server/control/control_socket.h"
#include "posthouse/server/directory.h"
#include "posthouse/server/error.h"
#include "posthouse/server/house.h"
#include "posthouse/server/judging/judge_settings.h"
#include "posthouse/server/judging/teacher.h"
#include "posthouse/server/listen/certificate.h"
#include "posthouse/server/listen/connections.h"
#include "posthouse/server/listen/listening.h"
#include "posthouse/server/listen/proxies.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/repairs.h"
#include "posthouse/server/nodes/change_watch.h"
#include "posthouse/server/reloadable.h"
#include "posthouse/server/search/search_worker.h"
#include "posthouse/server/watch/log_in_book.h"
#include "posthouse/server/watch/quota_watch.h"
#include "posthouse/server/watch/session_commands.h"

namespace posthouse::server {

using namespace std::chrono_literals;

struct Server::State {
  /// A service of this server.
  struct Running {
    const Service* service = nullptr;
    std::unique_ptr<Handler> handler{};
  };

  State(Config given, const std::vector<Service>& given_services)
      : config(std::move(given)), services(given_services), schema(config_schema(given_services)) {}

  void open_store();
  void set_default_quota(const Limits& limits);
  void open_services(const ListenerTls& tls);
  void listen(std::vector<net::ActivatedListener> given);
  void open_control();
  void accept_on(const BoundListener& bound, net::Listener& listener);
  void serve(const ListenerKind& kind, net::Stream& stream);
  const ListenerKind& kind_of(const ListenerConfig& listener) const;

  Config config;
  const std::vector<Service>& services;
  const ConfigSchema schema;
  std::shared_ptr<store::Store> store;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<AccountVerifier> verifier;
  std::unique_ptr<net::Resolver> own_resolver;
  std::unique_ptr<SearchWorker> search;
  std::unique_ptr<Teacher> teacher;
  std::unique_ptr<LogInBook> log_ins;
  std::unique_ptr<QuotaWatch> quotas;
  House house;
  std::unique_ptr<ChangeWatch> changes;  // of the house's views
  std::vector<Running> running;
  std::map<std::string_view, const Running*> by_kind;
  store::Subscription damage_log;
  Connections connections;
  Reloadable<ProxySettings> proxies;
  ControlSocket control;
  std::vector<BoundListener> listeners;
  std::vector<std::pair<std::string, net::Address>> addresses;
  std::unique_ptr<net::Scope> scope;  // last: its fibers use the rest
};

void Server::State::open_store() {
  store = net::blocking([&] {
    return store::Store::open(
        {.data_dir = config.data,
         .database = config.database,
         .migrations = {queue::migrations(), relay::tls_report_migrations(), mta_sts::migrations()},
         .references = queue::references(),
         .server = true});
  });
  if (const store::BodySweep& sweep = store->sweep(); sweep.set_aside + sweep.restored != 0) {
    log().warn("files of no message set aside in {}/orphans: {}, moved back: {}", config.data, sweep.set_aside,
               sweep.restored);
  }
  if (store->missing() != 0) {
    log().error(
        "messages missing={} cause=\"they were acknowledged, and the database knows nothing of them: its log is "
        "damaged, or it is an older one\"",
        store->missing());
  }
  directory = std::make_unique<Directory>(store, config.hostname);
  verifier = std::make_unique<AccountVerifier>(store);
  verifier->set_longest_penalty(config.limits.login_penalty);
  log_ins = std::make_unique<LogInBook>(*store);
  verifier->set_log_ins(log_ins.get());
  verifier->set_scram(config.login.scram);
  house.store = store;
  house.log_ins = log_ins.get();
  house.views = std::make_unique<store::Views>(*store);
  house.directory = directory.get();
  house.verifier = verifier.get();
  house.hostname = config.hostname;
}

// The limits of accounts that have none of their own are in the database, where deliveries are counted.
void Server::State::set_default_quota(const Limits& limits) {
  const auto limit = [](std::uint64_t number) { return number == 0 ? std::nullopt : std::optional(number); };
  const store::QuotaLimits wanted{.octets = limit(limits.quota), .messages = limit(limits.quota_messages)};
  if (store->read([](store::Read& read) { return store::default_quota(read); }) != wanted) {
    store->write_from_reserve([&](store::Write& write) { store::set_default_quota(write, wanted); });
  }
}

void Server::State::open_services(const ListenerTls& tls) {
  set_default_quota(config.limits);
  running.reserve(services.size());
  for (const Service& service : services) {
    running.push_back({.service = &service, .handler = service.open(house)});
    const Running& made = running.back();
    made.handler->configure(config, tls);
    for (const ListenerKind& kind : service.listeners) {
      by_kind[kind.name] = &made;
    }
  }
}

const ListenerKind& Server::State::kind_of(const ListenerConfig& listener) const {
  const ListenerKind* kind = schema.find_listener(listener.kind);
  if (kind == nullptr) {
    throw Error(Errc::config, "no kind of listener: " + listener.kind);
  }
  return *kind;
}

void Server::State::listen(std::vector<net::ActivatedListener> given) {
  const unsigned loops = net::loop_count();
  const std::vector<ListenerConfig> activated = activated_configs(given, schema);
  for (std::size_t i = 0; i < given.size(); ++i) {
    listeners.push_back(share_listener(kind_of(activated[i]), std::move(given[i].listener), loops));
  }
  for (const ListenerConfig& listener : config.listeners) {
    listeners.push_back(bind_listener(kind_of(listener), listener, loops));
  }
  for (const BoundListener& listener : listeners) {
    addresses.emplace_back(listener.kind->name, listener.address);
  }
}

/// Commands reach the server by it. Mail is served without it, too.
void Server::State::open_control() {
  add_session_commands(control, connections);
  control.add("changed", [this](const ControlSocket::Arguments& arguments, const ControlSocket::Item&) {
    changes->changed(arguments);
  });
  try {
    control.open(config.data);
  } catch (const net::Error& error) {
    log().warn("commands cannot reach this server error={}", shown(error.what()));
  }
}

void Server::State::serve(const ListenerKind& kind, net::Stream& stream) {
  const Running& serving = *by_kind.at(kind.name);
  if (!hear_proxy(*proxies.get(), stream, kind.name)) {
    return;
  }
  const net::Address peer = stream.peer_address();
  Connection connection{.kind = kind, .stream = stream, .record = SessionRecord(net::wall_now())};
  const Connections::Entry entry(connections, peer, stream.transport().native_handle(), connection.busy,
                                 connection.record, kind.name);
  if (!entry.admitted()) {
    log_bounded(spdlog::level::warn, "connection refused", "peer={} protocol={} reason=limit", peer.to_string(),
                kind.name);
    if (kind.tls != net::Tls::implicit) {
      stream.write(serving.service->busy, 1s);
    }
    return;
  }
  log().debug("connected peer={} protocol={}", peer.to_string(), kind.name);
  serving.handler->serve(connection);
}

/// Serves until the listener is closed. Whatever else ends the loop is logged and tried again: a server that runs but
/// does not listen is of no use.
void Server::State::accept_on(const BoundListener& bound, net::Listener& listener) {
  const ListenerKind& kind = *bound.kind;
  while (!house.stopping) {
    try {
      net::serve(listener, [this, &kind](net::Stream& stream) { serve(kind, stream); },
                 {.on_error = [&kind](const std::exception& error) {
                   log().debug("connection failed protocol={} error={}", kind.name, shown(error.what()));
                 }});
      return;
    } catch (const std::exception& error) {
      if (house.stopping || net::is_canceled(error)) {
        throw;
      }
      log_bounded(spdlog::level::err, "accepting failed", "listener={} error={}", kind.name, shown(error.what()));
      net::sleep_for(1s);
    }
  }
}

namespace {

/// The settings that a running server cannot take over, and that are not the same in both.
std::vector<std::string> wanting_restart(const Config& running, const Config& wanted) {
  std::vector<std::string> names;
  const auto compare = [&](const char* name, auto member) {
    if (running.*member != wanted.*member) {
      names.emplace_back(name);
    }
  };
  compare("hostname", &Config::hostname);
  compare("data", &Config::data);
  compare("database", &Config::database);
  compare("resolver", &Config::resolver);
  compare("listen", &Config::listeners);
  compare("insecure_auth", &Config::insecure_auth);
  compare("loops", &Config::loops);
  compare("changes", &Config::changes);
  return names;
}

/// From time to time says what the log's bounds held back.
[[noreturn]] void tell_held_back() {
  for (;;) {
    net::sleep_for(10s);
    log_held_back();
  }
}

}  // namespace

Server::Server(Config config, net::Resolver* resolver, const std::vector<Service>& services)
    : state_(std::make_unique<State>(std::move(config), services)) {
  if (resolver == nullptr) {
    state_->own_resolver =
        std::make_unique<net::SystemResolver>(net::ResolverOptions{.server = state_->config.resolver});
    resolver = state_->own_resolver.get();
  }
  state_->house.resolver = resolver;
}

Server::~Server() {
  if (state_->scope == nullptr) {
    return;
  }
  state_->config.stop_timeout = {};
  stop();
}

void Server::open() {
  if (state_->store == nullptr) {
    state_->open_store();
  }
}

void Server::start(std::vector<net::ActivatedListener> given) {
  State& s = *state_;
  s.connections.set_limits(s.config.limits);
  s.proxies.set(s.config.services.of<ProxySettings>());
  open();
  s.damage_log = s.store->listen(log_repairs);
  s.search =
      std::make_unique<SearchWorker>(*s.store, SearchWorkerOptions{.free_space = s.config.limits.free_space_wanted()});
  s.house.search = s.search.get();
  s.teacher = std::make_unique<Teacher>(*s.store);
  s.teacher->set_learning(s.config.services.of<JudgeSettings>().learn);
  s.quotas = std::make_unique<QuotaWatch>(*s.store, s.config.hostname);
  s.open_services(net::blocking([&] { return server_tls(s.config); }));
  s.listen(std::move(given));
  s.changes = std::make_unique<ChangeWatch>(*s.store, *s.house.views, s.config.changes, [&s](store::AccountId account) {
    s.house.elsewhere.tell(account);
    s.search->changed_elsewhere(account);
  });
  s.scope = std::make_unique<net::Scope>();
  for (const State::Running& running : s.running) {
    s.scope->spawn([&running] { running.handler->run(); }, std::string(running.service->name));
  }
  s.open_control();
  s.scope->spawn(tell_held_back, "log");
  s.scope->spawn([&s] { s.log_ins->run(); }, "log-ins");
  s.scope->spawn([&s] { s.quotas->run(); }, "quotas");
  s.scope->spawn([&s] { s.control.serve(); }, "control");
  s.scope->spawn([&s] { s.changes->poll(); }, "changes");
  s.scope->spawn_on(0, [&s] { s.changes->hear(); }, "hints heard");
  s.scope->spawn_on(0, [&s] { s.changes->tell(); }, "hints told");
  for (BoundListener& bound : s.listeners) {
    for (unsigned loop = 0; loop < bound.sockets.size(); ++loop) {
      s.scope->spawn_on(loop, [&s, &bound, &socket = bound.sockets[loop]] { s.accept_on(bound, socket); }, "accept");
    }
  }
}

const std::vector<std::pair<std::string, net::Address>>& Server::addresses() const noexcept {
  return state_->addresses;
}

store::Store& Server::store() {
  return *state_->store;
}

std::vector<std::string> Server::reload(Config config) {
  State& s = *state_;
  std::vector<std::string> waiting = wanting_restart(s.config, config);
  // What listeners were bound for, and what they were allowed, stays (see insecure_auth in complete()).
  config.hostname = s.config.hostname;
  config.data = s.config.data;
  config.database = s.config.database;
  config.insecure_auth = s.config.insecure_auth;
  config.changes = s.config.changes;
  const ListenerTls tls = net::blocking([&] { return server_tls(config); });
  s.connections.set_limits(config.limits);
  s.proxies.set(config.services.of<ProxySettings>());
  s.verifier->set_longest_penalty(config.limits.login_penalty);
  s.verifier->set_scram(config.login.scram);
  s.set_default_quota(config.limits);
  s.search->set_free_space(config.limits.free_space_wanted());
  s.teacher->set_learning(config.services.of<JudgeSettings>().learn);
  for (const State::Running& running : s.running) {
    running.handler->configure(config, tls);
  }
  s.config.stop_timeout = config.stop_timeout;
  return waiting;
}

void Server::stop() {
  State& s = *state_;
  if (s.scope == nullptr) {
    return;
  }
  const net::Shield finish;
  s.house.stopping = true;
  s.house.going_down.set();
  for (BoundListener& bound : s.listeners) {
    for (net::Listener& socket : bound.sockets) {
      socket.close();
    }
  }
  s.control.close();
  for (const State::Running& running : s.running) {
    running.handler->stop();
  }
  // A message that is still coming in when this is over gets the other half (see Handler::configure).
  const net::Deadline deadline(s.config.stop_timeout / 2);
  while (s.connections.size() != 0 && !deadline.expired()) {
    s.connections.wake_idle();
    net::sleep_for(20ms);
  }
  s.verifier->stop();
  if (const std::size_t left = s.connections.size(); left != 0) {
    log().info("cutting off sessions={}", left);
  }
  s.scope->cancel();
  try {
    s.scope->join();
  } catch (const std::exception& error) {
    if (!net::is_canceled(error)) {
      log().error("while stopping error={}", shown(error.what()));
    }
  }
  s.scope.reset();
  log_held_back();
  s.log_ins->write();
  net::blocking([&] {
    s.search->stop();
    s.teacher->stop();
    s.store->stop();
  });
}

}  // namespace posthouse::server
