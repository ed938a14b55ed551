#pragma once
// A simulated world: machines, names, a network with all its faults, and a clock, for tests of programs that use net.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/address.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/world/world.h"

namespace posthouse::net {

/// What can befall a step of I/O.
enum class SimulatedFault : std::uint8_t {
  none,    ///< Nothing: the step is done.
  error,   ///< The call throws Errc::system (connecting: Errc::unreachable; names: "ask later"). What it was called on
           ///< goes on.
  reset,   ///< The connection is broken off for both sides, Errc::reset (connecting: Errc::refused).
  vanish,  ///< The other side vanishes without a word: nothing arrives any more, in either direction. Reads wait for
           ///< ever, writes until the buffer is full and then for ever; only a deadline helps.
};
/// All but none: for tests that let each step meet each fault.
constexpr SimulatedFault all_simulated_faults[] = {SimulatedFault::error, SimulatedFault::reset,
                                                   SimulatedFault::vanish};
/// The name of `fault`: "reset".
std::string_view to_string(SimulatedFault fault) noexcept;

/// What a simulated world is like.
struct SimulationOptions {
  std::uint64_t seed = 1;  ///< All that is left to chance follows from it.

  // The clock.
  /// The time of day when the run begins.
  std::chrono::system_clock::time_point start = std::chrono::sys_days{std::chrono::year{2030} / 1 / 1};
  Duration longest = std::chrono::hours(24 * 7);  ///< Simulated time after which the run is ended with an error.

  // Order.
  bool reorder = true;  ///< Which of the fibers that are ready runs next is left to chance; else they take turns.

  // Connections.
  Duration min_latency = std::chrono::microseconds(100);  ///< One way, of each packet.
  Duration max_latency = std::chrono::milliseconds(5);    ///< The same. Not less than min_latency.
  std::size_t buffer = 64 * 1024;  ///< Octets a direction of a connection holds, sent and not read yet; at least 1.
  bool partial = true;             ///< Reads and writes take any part of what they could; else all of it.
  double error = 0;                ///< The chance, from 0 to 1, that a step of I/O meets SimulatedFault::error.
  double reset = 0;                ///< The same for SimulatedFault::reset.
  double vanish = 0;               ///< The same for SimulatedFault::vanish.

  // Datagrams. Since each has a latency of its own, they arrive in any order.
  double drop = 0;       ///< The chance that one is lost.
  double duplicate = 0;  ///< The chance that one arrives twice.

  // One fault at one step.
  std::uint64_t fail_step = 0;                         ///< That step of I/O, counted from 1, meets `fault`; 0: none.
  SimulatedFault fault = SimulatedFault::error;        ///< What it meets.
  std::function<void(std::string_view line)> trace{};  ///< Told of each event: a line of text. Must not throw or wait.
};

/// What came to pass in a run.
struct SimulationCounts {
  std::uint64_t steps = 0;        ///< Steps of I/O: calls that connect, listen, accept, read, write, end the writing,
                                  ///< send or receive datagrams, look a name up.
  std::uint64_t connections = 0;  ///< Made.
  std::uint64_t partial = 0;      ///< Reads and writes that took less than they could.
  std::uint64_t errors = 0;       ///< Faults of that kind, also below.
  std::uint64_t resets = 0;       ///< SimulatedFault::reset.
  std::uint64_t vanished = 0;     ///< SimulatedFault::vanish.
  std::uint64_t datagrams = 0;    ///< Sent.
  std::uint64_t dropped = 0;      ///< Of these.
  std::uint64_t duplicated = 0;   ///< Arrived twice.
  std::uint64_t jumps = 0;        ///< How often all fibers waited and the clock jumped.
};

/// A machine of a Simulation.
class SimulatedHost {
 public:
  SimulatedHost(const SimulatedHost&) = delete;
  SimulatedHost& operator=(const SimulatedHost&) = delete;
  virtual ~SimulatedHost() = default;
  const std::string& name() const noexcept { return name_; }
  /// Its addresses, port 0; beside them every machine has 127.0.0.0/8 and ::1 to itself.
  const std::vector<Address>& addresses() const noexcept { return addresses_; }

 protected:
  SimulatedHost(std::string name, std::vector<Address> addresses)
      : name_(std::move(name)), addresses_(std::move(addresses)) {}

 private:
  std::string name_;
  std::vector<Address> addresses_;
};

/// A world in which the programs are real and all around them is not. The same code that talks to the kernel runs on a
/// network that delays, tears apart, loses and breaks off, and on a clock that jumps to the next moment at which
/// anything happens: an hour of waiting takes no time.
///
///     TEST(Greeting, SurvivesEveryNetwork) {
///       for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
///         net::Simulation world({.seed = seed, .reset = 0.01});
///         net::run([] { serve_and_greet(); }, {.world = &world});
///       }
///     }
///
/// One seed replays one run exactly: the same steps, in the same order, at the same moments (trace_hash() tells), as
/// long as the program itself takes nothing from elsewhere. OpenSSL does: with TLS, what depends on the random octets
/// it draws, such as the lengths of ECDSA signatures, can differ.
///
/// When all fibers wait and no timer is left, they are canceled, and net::run throws an Error (Errc::timeout) that
/// lists them and what they waited for; the same when the world's time (SimulationOptions::longest) is over.
///
/// A Simulation is for one run. It must outlive all sockets made in it; the members below may be called before, in and
/// after the run, by its thread. What it does not know: threads, files, signals, adopted sockets, TCP's own give-up on
/// a peer that has vanished (fifteen minutes in real life; here never).
class Simulation final : public World {
 public:
  /// A world with these `options`, which are to be within their bounds.
  explicit Simulation(SimulationOptions options = {});
  ~Simulation() override;

  // The map. A fiber runs on the machine that the fiber that started it ran on, the first one on "localhost"; OnHost
  // changes that.

  /// A new machine, known by `name` to whoever looks it up. Without addresses it gets an IPv4 and an IPv6 address of
  /// its own. Throws Error (Errc::invalid) for a malformed or taken address.
  SimulatedHost& add_host(const std::string& name, const std::vector<std::string>& addresses = {});
  /// Makes `name` (any case) stand for `address` too, behind those it stands for already.
  void add_name(const std::string& name, std::string_view address);
  /// Gives `domain` an MX record.
  void add_mx(const std::string& domain, const MxRecord& record);
  /// Lets `name` have a record of any type, its data as on the wire (dns_record.h).
  void add_record(const std::string& name, DnsType type, std::string rdata);
  /// Cuts the link between two machines: nothing arrives, connections hang and do not break, connecting waits.
  void cut(const SimulatedHost& one, const SimulatedHost& other);
  /// Mends it: what was under way arrives.
  void heal(const SimulatedHost& one, const SimulatedHost& other);

  // What came to pass.

  /// How often what happened so far. Valid as long as the world.
  const SimulationCounts& counts() const noexcept;
  /// True once the fault of SimulationOptions::fail_step was met.
  bool fault_met() const noexcept;
  /// A fingerprint of all events so far, with their order and moments.
  std::uint64_t trace_hash() const noexcept;
  /// The simulated time since the start.
  Duration elapsed() const noexcept;

  // The World.

  std::unique_ptr<Transport> connect(const Address& address, Deadline deadline) override;
  std::unique_ptr<Acceptor> listen(const Address& address, const ListenOptions& options) override;
  std::unique_ptr<DatagramTransport> open_datagrams(const Address& local, const Address& peer,
                                                    const UdpOptions& options) override;
  Resolver& resolver() noexcept override;
  TimePoint now() noexcept override;
  std::chrono::system_clock::time_point wall_now() noexcept override;
  void random_bytes(std::span<char> out) override;
  std::size_t choose(std::size_t ready) noexcept override;
  bool advance(TimePoint moment) noexcept override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// While it lives, the current fiber, and the fibers it starts, run on `host`: its loopback and its addresses are
/// theirs.
///
///     scope.spawn([&] { net::OnHost on(server); net::serve(listener…); });
///
/// To be destroyed by the fiber that made it. Throws Error (Errc::invalid) outside of a simulation.
class OnHost {
 public:
  /// `host` is one of the world this fiber runs in.
  explicit OnHost(SimulatedHost& host);
  OnHost(const OnHost&) = delete;
  OnHost& operator=(const OnHost&) = delete;
  ~OnHost();

 private:
  void* before_;
};

}  // namespace posthouse::net
