#include "tests/support/seeds.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/sampled.h"
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"

namespace posthouse::test {

namespace {

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') {
    return std::nullopt;
  }
  return std::strtoull(text, nullptr, 10);
}

void print(std::string_view line) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

template <class Test>
bool run_one(const std::string& replay, Test test) {
  SCOPED_TRACE("replay it with " + replay);
  try {
    return test();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  return true;
}

}  // namespace

void for_each_seed(std::uint64_t count, const std::function<void(const net::SimulationOptions& options)>& test) {
  const auto chosen = number_in_environment("POSTHOUSE_SEED");
  const std::uint64_t last = chosen.value_or(count / stride);
  for (std::uint64_t seed = chosen.value_or(1); seed <= last && !testing::Test::HasFailure(); ++seed) {
    net::SimulationOptions options{.seed = seed};
    if (chosen) {
      options.trace = print;
    }
    run_one("POSTHOUSE_SEED=" + std::to_string(seed), [&] {
      test(options);
      return true;
    });
  }
}

std::size_t for_each_step(net::SimulationOptions options,
                          const std::function<bool(const net::SimulationOptions& options)>& test) {
  constexpr std::size_t most = 100'000;
  const auto chosen = number_in_environment("POSTHOUSE_STEP");
  if (chosen) {
    options.trace = print;
  }
  std::size_t runs = 0;
  for (const net::SimulatedFault fault : net::all_simulated_faults) {
    options.fault = fault;
    options.fail_step = chosen.value_or(1);
    for (bool met = true; met && !testing::Test::HasFailure(); ++options.fail_step) {
      const std::string step = std::to_string(options.fail_step);
      met =
          run_one("POSTHOUSE_STEP=" + step + " (" + std::string(to_string(fault)) + ")", [&] { return test(options); });
      if (++runs > most) {
        ADD_FAILURE() << "no run comes to its end without meeting its fault";
      }
      if (chosen) {
        break;
      }
    }
  }
  return runs;
}

void run_in(net::Simulation& world, net::UniqueFunction main) {
  net::run(std::move(main), {.world = &world});
}

}  // namespace posthouse::test
