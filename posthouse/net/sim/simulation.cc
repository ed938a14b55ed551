#include "posthouse/net/sim/simulation.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/net/error.h"
#include "posthouse/net/sim/core.h"
#include "posthouse/net/sim/names.h"
#include "posthouse/net/sim/network.h"

namespace posthouse::net {

namespace {

// What running costs: so much passes each time a fiber is let run. So whoever only looks at the clock and yields sees
// it go.
constexpr Duration cost_of_a_turn = std::chrono::microseconds(1);

// What a world whose time is over gives its canceled fibers.
constexpr Duration to_clean_up = std::chrono::hours(1);

sim::Machine& machine_of(const SimulatedHost& host) {
  // All are made by add_host.
  return const_cast<sim::Machine&>(static_cast<const sim::Machine&>(host));
}

}  // namespace

std::string_view to_string(SimulatedFault fault) noexcept {
  switch (fault) {
    case SimulatedFault::none:
      return "none";
    case SimulatedFault::error:
      return "error";
    case SimulatedFault::reset:
      return "reset";
    case SimulatedFault::vanish:
      return "vanish";
  }
  return "unknown";
}

struct Simulation::State {
  explicit State(SimulationOptions options)
      : core(std::make_shared<sim::Core>(std::move(options))), network(core), names(core) {}
  const std::shared_ptr<sim::Core> core;
  sim::Network network;
  sim::Names names;
  Duration longest = core->options.longest;
};

Simulation::Simulation(SimulationOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Simulation::~Simulation() = default;

// The map ------------------------------------------------------------------------------------------------------------

SimulatedHost& Simulation::add_host(const std::string& name, const std::vector<std::string>& addresses) {
  std::vector<Address> parsed;
  parsed.reserve(addresses.size());
  for (const std::string& each : addresses) {
    parsed.emplace_back(each, std::uint16_t{0});
  }
  sim::Machine& machine = state_->network.add_machine(name, std::move(parsed));
  for (const Address& address : machine.addresses()) {
    state_->names.add(name, address);
  }
  return machine;
}

void Simulation::add_name(const std::string& name, std::string_view address) {
  state_->names.add(name, Address(address, 0));
}

void Simulation::add_mx(const std::string& domain, const MxRecord& record) {
  add_record(domain, DnsType::mx, to_rdata(record));
}

void Simulation::add_record(const std::string& name, DnsType type, std::string rdata) {
  state_->names.add_record(name, type, std::move(rdata));
}

void Simulation::cut(const SimulatedHost& one, const SimulatedHost& other) {
  state_->network.set_cut(machine_of(one), machine_of(other), true);
}

void Simulation::heal(const SimulatedHost& one, const SimulatedHost& other) {
  state_->network.set_cut(machine_of(one), machine_of(other), false);
}

// What came to pass --------------------------------------------------------------------------------------------------

const SimulationCounts& Simulation::counts() const noexcept {
  return state_->core->counts;
}
bool Simulation::fault_met() const noexcept {
  return state_->core->fault_met;
}
std::uint64_t Simulation::trace_hash() const noexcept {
  return state_->core->trace_hash;
}
Duration Simulation::elapsed() const noexcept {
  return state_->core->elapsed();
}

// The world ----------------------------------------------------------------------------------------------------------

std::unique_ptr<Transport> Simulation::connect(const Address& address, Deadline deadline) {
  return state_->network.connect(address, deadline);
}

std::unique_ptr<Acceptor> Simulation::listen(const Address& address, const ListenOptions& options) {
  return state_->network.listen(address, options);
}

std::unique_ptr<DatagramTransport> Simulation::open_datagrams(const Address& local, const Address& peer,
                                                              const UdpOptions& options) {
  return state_->network.open_datagrams(local, peer, options);
}

Resolver& Simulation::resolver() noexcept {
  return state_->names;
}

TimePoint Simulation::now() noexcept {
  return state_->core->now();
}

std::chrono::system_clock::time_point Simulation::wall_now() noexcept {
  return state_->core->options.start + state_->core->elapsed();
}

void Simulation::random_bytes(std::span<char> out) {
  while (!out.empty()) {
    const std::uint64_t bits = state_->core->chance.bits();
    const std::size_t count = std::min(out.size(), sizeof bits);
    std::memcpy(out.data(), &bits, count);
    out = out.subspan(count);
  }
}

std::size_t Simulation::choose(std::size_t ready) noexcept {
  sim::Core& core = *state_->core;
  core.advance(core.now() + cost_of_a_turn);
  return core.options.reorder && ready > 1 ? core.chance.below(ready) : 0;
}

bool Simulation::advance(TimePoint moment) noexcept {
  sim::Core& core = *state_->core;
  if (moment - sim::Core::beginning > state_->longest) {
    state_->longest += to_clean_up;
    return false;
  }
  ++core.counts.jumps;
  core.advance(moment);
  return true;
}

// Where a fiber runs -------------------------------------------------------------------------------------------------

OnHost::OnHost(SimulatedHost& host) {
  fiber::detail::Fiber* fiber = fiber::detail::Loop::current_fiber();
  if (fiber == nullptr || World::current() == nullptr) {
    throw Error(Errc::invalid, fmt::format("no simulation runs here, so nothing runs on \"{}\"", host.name()), 0, true);
  }
  before_ = std::exchange(fiber->machine, &machine_of(host));
}

OnHost::~OnHost() {
  fiber::detail::Loop::current_fiber()->machine = before_;
}

}  // namespace posthouse::net
