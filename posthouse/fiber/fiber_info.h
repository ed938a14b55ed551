#pragma once
// What is known of a fiber: a line of a dump.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/fiber/time.h"

namespace posthouse::fiber {

/// A fiber, as it was when it was looked at.
struct FiberInfo {
  enum class State : std::uint8_t {
    ready,    ///< Waits for nothing but its turn.
    running,  ///< Runs: it is the one that asks.
    parked,   ///< Waits, see `waits_for`.
  };

  std::string name;                    ///< As given to Scope::spawn; may be empty.
  unsigned loop = 0;                   ///< The number of its loop.
  State state = State::parked;         ///< What it does.
  std::string waits_for;               ///< "input", "a mutex", "the time", …; empty unless parked.
  const void* object = nullptr;        ///< Tells one mutex or channel from another.
  int descriptor = -1;                 ///< Whose input or room for output it waits for, or -1.
  std::string peer;                    ///< "127.0.0.1:4711" where it waits for a connected socket; else empty.
  std::optional<Duration> expires_in;  ///< The time left of its wait, when that has a deadline.
  Duration age{};                      ///< Since it was spawned.
  std::size_t stack_used = 0;          ///< Octets, see list_fibers().
  std::size_t stack_size = 0;          ///< Octets.

  /// One line without its end: `"connection" on loop 0 waits for input from 127.0.0.1:4711 (descriptor 9), …`.
  std::string to_string() const;
};

}  // namespace posthouse::fiber
