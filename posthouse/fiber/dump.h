#pragma once
// What the fibers of this process are doing: for finding out why a program hangs.
#include <string>
#include <vector>

#include "posthouse/fiber/fiber_info.h"

namespace posthouse::fiber {

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

}  // namespace posthouse::fiber
