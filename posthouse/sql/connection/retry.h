#pragma once
// Transactions that are tried again when they lost a race.
#include <chrono>
#include <optional>
#include <type_traits>

#include "posthouse/sql/connection/transaction.h"

namespace posthouse::sql {

struct RetryOptions {
  int attempts = 5;                           ///< In all; at least 1.
  std::chrono::milliseconds first_pause{10};  ///< Before the second; doubled each time, half of it at random.
  std::chrono::milliseconds longest_pause{1000};
  TransactionOptions transaction{.mode = TransactionMode::immediate};
};

namespace detail {
/// Whether to try again after `error`, the `attempt`-th (from 1). Pauses, and connects anew where that is needed.
bool prepare_retry(Connection& connection, const Error& error, int attempt, const RetryOptions& options);
}  // namespace detail

/// Runs `f(connection)` as one transaction and returns its result. When it fails by an error that is retryable()
/// (deadlock, lock wait timeout, a Galera conflict, a lost connection; SQLite: busy), all of it is undone and run
/// again, on a new connection where the old one cannot be used any more; so `f` must not have effects outside of the
/// database. Two failures are never retried: one of a COMMIT that lost its connection, since it may have worked, and
/// the last attempt's.
///
///     sql::transact(db, [&](sql::Connection& tx) {
///       tx.exec("update account set balance = balance - ? where id = ?", amount, from);
///       tx.exec("update account set balance = balance + ? where id = ?", amount, to);
///     });
template <class F>
auto transact(Connection& connection, F&& f, const RetryOptions& options = {}) {
  using Result = std::invoke_result_t<F&, Connection&>;
  for (int attempt = 1;; ++attempt) {
    bool committing = false;
    try {
      Transaction transaction(connection, options.transaction);
      if constexpr (std::is_void_v<Result>) {
        f(connection);
        committing = true;
        transaction.commit();
        return;
      } else {
        Result result = f(connection);
        committing = true;
        transaction.commit();
        return result;
      }
    } catch (const Error& error) {
      const bool in_doubt = committing && !error.connection_usable();
      if (in_doubt || !detail::prepare_retry(connection, error, attempt, options)) {
        throw;
      }
    }
  }
}

}  // namespace posthouse::sql
