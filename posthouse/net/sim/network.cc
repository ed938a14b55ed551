#include "posthouse/net/sim/network.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/net/error.h"
#include "posthouse/net/sim/datagram_end.h"
#include "posthouse/net/sim/listening.h"
#include "posthouse/net/socket/bind_error.h"

namespace posthouse::net::sim {

namespace {

// Connecting as Linux does it: a SYN that stays without an answer is sent again after 1, 2, 4 … seconds, six times.
constexpr unsigned most_attempts = 7;
constexpr Duration first_pause = std::chrono::seconds(1);

std::pair<std::size_t, std::size_t> link(const Machine& one, const Machine& other) {
  return std::minmax(one.number, other.number);
}

}  // namespace

Network::Network(std::shared_ptr<Core> core) : core_(std::move(core)) {
  add_machine("localhost", {Address("10.0.0.1", 0), Address("fd00::1", 0)});
}

// Who is where -------------------------------------------------------------------------------------------------------

Machine& Network::add_machine(const std::string& name, std::vector<Address> addresses) {
  const std::size_t number = machines_.size();
  if (addresses.empty()) {
    const auto unit = std::to_string(number + 1);
    if (number + 1 > 255) {
      throw Error(Errc::invalid, "too many simulated machines without addresses", 0, true);
    }
    addresses = {Address("10.0.0." + unit, 0), Address("fd00::" + unit, 0)};
  }
  for (const Address& address : addresses) {
    for (const auto& machine : machines_) {
      if (!address.is_loopback() && !machine->has(address)) {
        continue;
      }
      throw Error(Errc::invalid, fmt::format("{} is taken by {}", address.ip(), machine->name()), 0, true);
    }
  }
  return *machines_.emplace_back(std::make_unique<Machine>(number, name, std::move(addresses)));
}

Machine& Network::here() noexcept {
  const fiber::detail::Fiber* fiber = fiber::detail::Loop::current_fiber();
  return fiber == nullptr || fiber->machine == nullptr ? *machines_.front() : *static_cast<Machine*>(fiber->machine);
}

Machine* Network::owner(const Address& address, Machine& from) noexcept {
  if (from.has(address)) {
    return &from;
  }
  for (const auto& machine : machines_) {
    if (machine->has(address)) {
      return machine.get();
    }
  }
  return nullptr;
}

bool Network::is_cut(const Machine& one, const Machine& other) const noexcept {
  return cuts_.contains(link(one, other));
}

void Network::set_cut(const Machine& one, const Machine& other, bool cut) {
  if (cut ? !cuts_.insert(link(one, other)).second : cuts_.erase(link(one, other)) == 0) {
    return;
  }
  core_->record(one.name() + " - " + other.name(), cut ? "cut" : "healed");
  std::erase_if(connections_, [](const auto& connection) { return connection.expired(); });
  for (const auto& each : connections_) {
    const auto connection = each.lock();
    if (link(*connection->end(0).machine, *connection->end(1).machine) != link(one, other)) {
      continue;
    }
    cut ? connection->cut() : connection->mend();
  }
}

// Streams ------------------------------------------------------------------------------------------------------------

bool Network::pass(Duration time, Deadline deadline) {
  const Deadline end(time);
  sleep_until(Deadline::earlier(end, deadline).moment());
  return end.moment() <= deadline.moment();
}

// One SYN. Null when there is no answer to it.
std::unique_ptr<Transport> Network::try_to_connect(Machine& from, Machine& to, const Address& address,
                                                   Deadline deadline, const std::string& action) {
  const auto time_out = [&] { throw Error::from_errno(ETIMEDOUT, action); };
  if (is_cut(from, to)) {
    return nullptr;
  }
  if (!pass(core_->latency(), deadline)) {
    time_out();
  }
  std::vector<Listening*> listening;
  std::copy_if(to.listening.begin(), to.listening.end(), std::back_inserter(listening),
               [&](const Listening* one) { return one->covers(address); });
  if (listening.empty()) {
    if (!pass(core_->latency(), deadline)) {
      time_out();
    }
    throw Error::from_errno(ECONNREFUSED, action);
  }
  Listening& chosen = *listening[core_->chance.below(listening.size())];
  if (chosen.is_full() || is_cut(from, to)) {
    return nullptr;
  }
  Address source = from.source_for(address);
  if (source.is_ip()) {
    source = source.with_port(from.free_port());
  }
  const auto connection =
      std::make_shared<Connection>(core_, Connection::End{&from, std::move(source)}, Connection::End{&to, address});
  auto [client, server] = Connection::make_ends(connection);
  connections_.push_back(connection);
  chosen.add(std::move(server));
  core_->record(client->local_address().to_string(), "is connected to " + address.to_string());
  if (!pass(core_->latency(), deadline)) {
    time_out();
  }
  return std::move(client);
}

std::unique_ptr<Transport> Network::connect(const Address& address, Deadline deadline) {
  const std::string action = "cannot connect to " + address.to_string();
  Machine& from = here();
  const SimulatedFault fault = core_->step(address.to_string(), "connect to");
  Machine* to = owner(address, from);
  const bool has_way = to != nullptr && (!address.is_ip() || from.source_for(address).is_ip());
  if (!has_way || fault == SimulatedFault::error) {
    throw Error::from_errno(ENETUNREACH, action);
  }
  if (fault == SimulatedFault::reset) {
    pass(core_->latency() + core_->latency(), deadline);
    throw Error::from_errno(ECONNREFUSED, action);
  }
  Duration pause = first_pause;
  for (unsigned attempt = 0; attempt < most_attempts; ++attempt, pause *= 2) {
    if (fault != SimulatedFault::vanish) {
      if (auto connected = try_to_connect(from, *to, address, deadline, action)) {
        return connected;
      }
    }
    if (!pass(pause, deadline)) {
      break;
    }
  }
  throw Error::from_errno(ETIMEDOUT, action);
}

std::unique_ptr<Acceptor> Network::listen(const Address& wanted, const ListenOptions& options) {
  const std::string action = "cannot listen on " + wanted.to_string();
  Machine& machine = here();
  if (core_->step(wanted.to_string(), "listen on") != SimulatedFault::none) {
    throw Error::from_errno(ENOBUFS, action);
  }
  if (!wanted.is_any() && !machine.has(wanted)) {
    throw detail::bind_error(EADDRNOTAVAIL, action, wanted);
  }
  const Address address = wanted.is_ip() && wanted.port() == 0 ? wanted.with_port(machine.free_port()) : wanted;
  for (const Listening* other : machine.listening) {
    if (other->excludes(address, options)) {
      throw detail::bind_error(EADDRINUSE, action, wanted);
    }
  }
  return std::make_unique<Listening>(core_, machine, address, options);
}

}  // namespace posthouse::net::sim
