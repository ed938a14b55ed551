#pragma once
// What the tests of this module share.
#include <utility>

#include <gtest/gtest.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fiber.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/net/stream/stream.h"

namespace posthouse::net {

/// The Error that `f` throws; fails the test when it throws none.
template <class F>
Error thrown_by(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {Errc::system, "nothing was thrown"};
}

/// Its code.
template <class F>
Errc error_of(F&& f) {
  return thrown_by(std::forward<F>(f)).errc();
}

/// Sends back what comes, until the peer ends.
inline void echo(Stream& stream) {
  while (stream.fill()) {
    stream.write(stream.buffered());
    stream.consume(stream.buffered().size());
  }
}

/// net::run in that world.
inline void run_in(Simulation& world, UniqueFunction main) {
  run(std::move(main), {.world = &world});
}

}  // namespace posthouse::net
