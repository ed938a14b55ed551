#pragma once
// Tests in the simulated world: many seeds, and each step of I/O made to fail once.
#include <cstddef>
#include <cstdint>
#include <functional>

#include "posthouse/fiber/unique_function.h"
#include "posthouse/net/sim/simulation.h"

namespace posthouse::test {

/// Calls `test` with options for the seeds 1 to `count`, until one fails; the failure names it. What `test` throws is a
/// failure. Under sanitizers it is a quarter of them (sampled.h). When the environment has POSTHOUSE_SEED, only that seed is run, and the trace goes to standard error:
///
///     POSTHOUSE_SEED=17 build/release/bin/smtp_test --gtest_filter=Seeds.*
void for_each_seed(std::uint64_t count, const std::function<void(const net::SimulationOptions& options)>& test);

/// Calls `test` with options by which the first step of I/O meets a fault, then the second, and so on, for each kind of
/// fault, until a run had no such step. `test` makes its Simulation from them and returns what its fault_met() says.
/// Returns the number of runs. POSTHOUSE_STEP runs that step only, and traces it.
std::size_t for_each_step(net::SimulationOptions options,
                          const std::function<bool(const net::SimulationOptions& options)>& test);

/// Runs `main` in `world`.
void run_in(net::Simulation& world, net::UniqueFunction main);

}  // namespace posthouse::test
