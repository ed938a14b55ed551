#include "posthouse/orm/engine.h"

#include <chrono>

#include "posthouse/orm/schema.h"

namespace posthouse::orm {
namespace {

// A database in memory lives and dies with its one connection.
sql::PoolOptions pool_for(const std::string& url, sql::PoolOptions options) {
  if (url.find(":memory:") == std::string::npos && url != "sqlite://") {
    return options;
  }
  options.size = 1;
  options.longest_life = std::chrono::hours(24 * 365 * 100);
  return options;
}

}  // namespace

Engine::Engine(std::string url, EngineOptions options)
    : pool_(url, pool_for(url, options.pool), std::move(options.connect)) {}

sql::Pool::Lease Engine::connect() {
  sql::Pool::Lease connection = pool_.take();
  if (connection->engine() == "sqlite") {
    connection->exec("PRAGMA foreign_keys = ON");
  }
  return connection;
}

void Engine::create(const std::vector<const detail::Entity*>& entities) {
  const sql::Pool::Lease connection = connect();
  detail::create_tables(*connection, detail::tables_of(entities, connection->engine()));
}

void Engine::drop(const std::vector<const detail::Entity*>& entities) {
  const sql::Pool::Lease connection = connect();
  detail::drop_tables(*connection, detail::tables_of(entities, connection->engine()));
}

}  // namespace posthouse::orm
