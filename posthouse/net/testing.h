#pragma once
// What the tests of this module share.
#include <utility>

#include <gtest/gtest.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/sim/simulation.h"

namespace posthouse::net {

/// The code of the net::Error that `f` throws; fails the test when it throws none.
template <class F>
Errc error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.errc();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Errc::system;
}

/// net::run in that world.
inline void run_in(Simulation& world, UniqueFunction main) {
  run(std::move(main), {.world = &world});
}

}  // namespace posthouse::net
