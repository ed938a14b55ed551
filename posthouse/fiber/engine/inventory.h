#pragma once
// What the fibers of a loop do. (Internal to the module.)
#include <string>
#include <vector>

#include "posthouse/fiber/fiber_info.h"

namespace posthouse::fiber::detail {

class Loop;

/// The live fibers of `loop` in the order they were spawned. For that loop's thread.
std::vector<FiberInfo> fibers_of(const Loop& loop);
/// A line for each, indented.
std::string lines_of(const std::vector<FiberInfo>& fibers);

}  // namespace posthouse::fiber::detail
