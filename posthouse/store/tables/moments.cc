#include "posthouse/store/tables/moments.h"

#include <chrono>

#include "posthouse/fiber/time.h"

namespace posthouse::store {

std::int64_t stored_now() {
  return stored(std::chrono::time_point_cast<std::chrono::microseconds>(fiber::wall_now()));
}

std::int64_t stored(Moment moment) {
  return moment.time_since_epoch().count();
}

Moment moment_of(std::int64_t stored) {
  return Moment(std::chrono::microseconds(stored));
}

}  // namespace posthouse::store
