#include "posthouse/net/sim/core.h"

#include <cstdio>
#include <utility>

#include "posthouse/net/fiber.h"

namespace posthouse::net::sim {

namespace {
// Every so many steps, on average, others run first although nothing has to be waited for.
constexpr std::uint64_t steps_between_yields = 4;
}  // namespace

Core::Core(SimulationOptions what) : options(std::move(what)), chance(options.seed) {}

void Core::advance(TimePoint moment) noexcept {
  if (moment > now_) {
    now_ = moment;
  }
}

std::size_t Core::part_of(std::size_t possible) {
  // Half of the calls take all, so that big transfers come to an end.
  if (!options.partial || possible == 1 || chance.below(2) == 0) {
    return possible;
  }
  const auto part = static_cast<std::size_t>(1 + chance.below(possible));
  if (part < possible) {
    ++counts.partial;
  }
  return part;
}

SimulatedFault Core::draw_fault() {
  if (counts.steps == options.fail_step) {
    fault_met = true;
    return options.fault;
  }
  if (chance.happens(options.error)) {
    return SimulatedFault::error;
  }
  if (chance.happens(options.reset)) {
    return SimulatedFault::reset;
  }
  if (chance.happens(options.vanish)) {
    return SimulatedFault::vanish;
  }
  return SimulatedFault::none;
}

SimulatedFault Core::step(std::string_view who, std::string_view what) {
  if (options.reorder && in_fiber() && chance.below(steps_between_yields) == 0) {
    yield();
  }
  ++counts.steps;
  const SimulatedFault fault = draw_fault();
  switch (fault) {
    case SimulatedFault::none:
      break;
    case SimulatedFault::error:
      ++counts.errors;
      break;
    case SimulatedFault::reset:
      ++counts.resets;
      break;
    case SimulatedFault::vanish:
      ++counts.vanished;
      break;
  }
  std::string line = "step " + std::to_string(counts.steps) + ": ";
  line += what;
  if (fault != SimulatedFault::none) {
    line.append(" meets ").append(to_string(fault));
  }
  record(who, line);
  return fault;
}

void Core::record(std::string_view who, std::string_view what) {
  char moment[32];
  const auto size = std::snprintf(moment, sizeof moment, "%.9f ", std::chrono::duration<double>(elapsed()).count());
  std::string line(moment, static_cast<std::size_t>(size));
  line.append(who).append(": ").append(what);
  for (const char c : line) {
    trace_hash = (trace_hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;  // FNV-1a
  }
  if (options.trace) {
    options.trace(line);
  }
}

void Core::record(std::string_view who, std::string_view what, std::size_t octets) {
  record(who, std::string(what) + ' ' + std::to_string(octets));
}

}  // namespace posthouse::net::sim
