#pragma once
// Everything that is left to chance in a simulation. (Internal to the module.)
#include <cstdint>
#include <random>

#include "posthouse/net/fiber.h"

namespace posthouse::net::sim {

/// A stream of numbers that follows from its seed, the same on every machine: the standard fixes the generator, and not
/// the distributions, so these are made here.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : generator_(seed) {}

  std::uint64_t bits() { return generator_(); }
  /// A number below `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound) { return generator_() % bound; }
  /// True with the given probability; draws nothing when that is 0.
  bool happens(double probability) {
    constexpr double steps = 1U << 30U;
    return probability > 0 && static_cast<double>(generator_() >> 34U) < probability * steps;
  }
  Duration between(Duration least, Duration most) {
    return most <= least ? least : least + Duration(below(static_cast<std::uint64_t>((most - least).count()) + 1));
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace posthouse::net::sim
