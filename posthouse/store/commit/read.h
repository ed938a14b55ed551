#pragma once
// A moment of the store to read from.
#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// What Store::read gives to its function: the rows as they are at one moment. A Write is one too, so what takes a Read&
/// works within both; there it also sees what the write has changed so far. Valid during the call.
class Read {
 public:
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;

 protected:
  explicit Read(sql::Connection& connection) noexcept : connection_(connection) {}
  ~Read() = default;

 private:
  friend class Readers;
  friend sql::Connection& own_tables(Read& read) noexcept;

  sql::Connection& connection_;
};

/// The connection behind `read`, for the caller's own tables: the store's rooms have theirs, and so has a module whose
/// tables live in the store's database (StoreOptions::migrations), so that one transaction covers a delivery and what
/// comes of it. It must not begin or end transactions; within Store::read the engine refuses to write by it.
///
/// That somebody writes to tables of others no type can find in a text of SQL. This door makes it visible instead: mail
/// is changed by functions that take a Write, and whoever does more is found by the name of this one.
inline sql::Connection& own_tables(Read& read) noexcept {
  return read.connection_;
}

}  // namespace posthouse::store
