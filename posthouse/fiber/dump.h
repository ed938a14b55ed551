#pragma once
// What the fibers of this process are doing: for finding out why a program hangs.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/fiber/namespace.h"
#include "posthouse/fiber/time.h"
#include "posthouse/net/address.h"

namespace posthouse::net {

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
  Address peer;                        ///< Of that descriptor, when it is a connected socket.
  std::optional<Duration> expires_in;  ///< The time left of its wait, when that has a deadline.
  Duration age{};                      ///< Since it was spawned.
  std::size_t stack_used = 0;          ///< Octets, see list_fibers().
  std::size_t stack_size = 0;          ///< Octets.

  /// One line without its end: `"connection" on loop 0 waits for input from 127.0.0.1:4711 (descriptor 9), …`.
  std::string to_string() const;
};

/// What list_fibers() found.
struct FiberList {
  std::vector<FiberInfo> fibers;  ///< Loop by loop, in the order they were spawned.
  /// Loops that did not answer within a second: a fiber keeps their thread busy, or calls what blocks.
  std::vector<unsigned> silent_loops;
};

/// All live fibers of the process, loop by loop, in the order they were spawned. From any fiber or thread; waits until
/// every loop has answered between two of its fibers, at most a second.
///
/// How much of a stack was ever used is told by its pages that are resident, so it is rounded up to pages; since stacks
/// are used again without being cleared, it may be what an earlier fiber needed. It is what to look at before choosing
/// RunOptions::stack_size.
FiberList list_fibers();

/// list_fibers() as text, a line each. RunOptions::dump_signal has it printed at a signal.
std::string dump_fibers();

}  // namespace posthouse::net
