#pragma once
// How a transaction begins, and what it sees of others.
#include <cstdint>
#include <optional>

namespace posthouse::sql {

/// When a transaction takes its locks. Only SQLite knows the difference: MariaDB locks rows as they are touched.
enum class TransactionMode : std::uint8_t {
  deferred,   ///< locks are taken when first needed: for reading, and for writing where busy may be retried
  immediate,  ///< the right to write is taken at once, so that no later statement fails for want of it
  exclusive,  ///< the same, and nobody else may even read (in WAL mode they still may)
};

/// How far a transaction is kept apart from those that run beside it (SQL:2016, 4.41.4).
///
/// MariaDB has all four; what a connection uses without being told is the server's setting (repeatable_read). SQLite
/// has one, serializable, which keeps every promise of the others: a weaker one may be asked for and is given more.
enum class Isolation : std::uint8_t {
  read_uncommitted,  ///< sees what others have not committed
  read_committed,    ///< each statement sees what was committed before it
  repeatable_read,   ///< all reads see the state of the first one
  serializable,      ///< as if no other transaction ran beside it
};

/// What a transaction is to be like.
///
///     sql::Transaction transaction(db, {.isolation = sql::Isolation::read_committed});
struct TransactionOptions {
  TransactionMode mode = TransactionMode::deferred;
  std::optional<Isolation> isolation{};  ///< Nothing: as the connection is set.
};

}  // namespace posthouse::sql
