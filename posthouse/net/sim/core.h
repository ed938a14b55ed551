#pragma once
// What all parts of a simulation share: its options, chance, clock, and the record of what happened. (Internal to the
// module.)
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/net/sim/chance.h"
#include "posthouse/net/sim/simulation.h"

namespace posthouse::net::sim {

class Core {
 public:
  explicit Core(SimulationOptions options);

  TimePoint now() const noexcept { return now_; }
  Duration elapsed() const noexcept { return now_ - beginning; }
  void advance(TimePoint moment) noexcept;
  /// How long a packet takes, drawn anew.
  Duration latency() { return chance.between(options.min_latency, options.max_latency); }
  /// How many of `possible` (at least 1) a read or write takes.
  std::size_t part_of(std::size_t possible);
  /// Counts a step of I/O, lets other fibers go first now and then, and says what befalls it.
  SimulatedFault step(std::string_view who, std::string_view what);
  /// Records an event.
  void record(std::string_view who, std::string_view what);
  void record(std::string_view who, std::string_view what, std::size_t octets);

  /// Not zero, so that moments before it exist.
  static constexpr TimePoint beginning{std::chrono::hours(24)};

  const SimulationOptions options;
  Chance chance;
  SimulationCounts counts;
  bool fault_met = false;
  std::uint64_t trace_hash = 14'695'981'039'346'656'037U;

 private:
  SimulatedFault draw_fault();
  TimePoint now_ = beginning;
};

}  // namespace posthouse::net::sim
