#pragma once
// Where sessions get their connections from.
#include <cstddef>
#include <string>
#include <vector>

#include "posthouse/base/source_location.h"
#include "posthouse/orm/mapping/mapping.h"
#include "posthouse/sql/pool.h"

namespace posthouse::orm {

struct EngineOptions {
  sql::PoolOptions pool{};
  sql::ConnectOptions connect{};
};

/// A database, by its URL (sql::connect). For any number of fibers and threads; make one for a program.
///
///     orm::Engine engine("sqlite:///test.db");
///     engine.create_all<User, Book>();
class Engine {
 public:
  explicit Engine(std::string url, EngineOptions options = {});

  /// Makes the tables of these entities that do not exist, with indexes and foreign keys, in an order that works; link
  /// tables too. Tables that exist stay as they are: see schema_diff.h. Text compares octet by octet, as sessions compare
  /// keys: on MariaDB its columns have such a collation of utf8mb4, whatever the database has.
  template <class... Ts>
  void create_all() {
    create({&detail::entity_of<Ts>()...});
  }
  /// Drops the tables of these entities that exist, with all that is in them, in an order that works. Error
  /// (foreign_key) when other tables refer to them.
  template <class... Ts>
  void drop_all() {
    drop({&detail::entity_of<Ts>()...});
  }
  /// A connection with foreign keys enforced. Throws as Pool::take, whose error names `where`.
  sql::Pool::Lease connect(SourceLocation where = SourceLocation::current());
  /// How many connections there are.
  sql::Pool::Statistics statistics() const { return pool_.statistics(); }
  /// Where in the source each connection in use was taken (a session: where it was made), and how long ago.
  std::vector<sql::Pool::Use> in_use() const { return pool_.in_use(); }

 private:
  void create(const std::vector<const detail::Entity*>& entities);
  void drop(const std::vector<const detail::Entity*>& entities);
  sql::Pool pool_;
};

}  // namespace posthouse::orm
