#include "posthouse/sql/connection/retry.h"

#include <algorithm>

#include "posthouse/fiber/random.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/time.h"

namespace posthouse::sql::detail {

bool prepare_retry(Connection& connection, const Error& error, int attempt, const RetryOptions& options) {
  if (attempt >= options.attempts || !error.retryable()) {
    return false;
  }
  const std::int64_t doubled = options.first_pause.count() << std::min(attempt - 1, 20);
  const std::int64_t pause =
      std::clamp<std::int64_t>(doubled, 1, std::max<std::int64_t>(options.longest_pause.count(), 1));
  // Those who collided must not meet again at the same moment.
  const auto chance = static_cast<std::int64_t>(fiber::random_below(static_cast<std::uint64_t>(pause / 2 + 1)));
  fiber::sleep_for(std::chrono::milliseconds(pause - chance));
  if (error.connection_usable() && connection.usable()) {
    return true;
  }
  try {
    connection.reconnect();
  } catch (const Error& failure) {
    // The next attempt fails at its first statement, and waits longer.
    if (!failure.retryable()) {
      throw;
    }
  }
  return true;
}

}  // namespace posthouse::sql::detail
