#pragma once
// Waiting for nothing but the time.
#include "posthouse/fiber/time.h"

namespace posthouse::fiber {

/// Waits. In a fiber only the fiber waits. Throws Error: Errc::canceled when the Scope it runs in is canceled,
/// Errc::timeout when the deadline of a DeadlineScope comes first.
void sleep_for(Duration duration);
/// Waits until `moment`. Throws like sleep_for.
void sleep_until(TimePoint moment);

}  // namespace posthouse::fiber
