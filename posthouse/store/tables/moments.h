#pragma once
// Wall-clock times as the tables have them: microseconds since 1970-01-01 UTC.
#include <cstdint>

#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// The time of day as it is stored.
std::int64_t stored_now();
/// `moment` as it is stored, and back.
std::int64_t stored(Moment moment);
Moment moment_of(std::int64_t stored);

}  // namespace posthouse::store
