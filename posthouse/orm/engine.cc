#include "posthouse/orm/engine.h"

#include <utility>

#include "posthouse/orm/schema/tables.h"

namespace posthouse::orm {
namespace {

sql::ConnectOptions with_foreign_keys(sql::ConnectOptions options) {
  options.foreign_keys = true;
  return options;
}

}  // namespace

Engine::Engine(std::string url, EngineOptions options)
    : pool_(std::move(url), options.pool, with_foreign_keys(std::move(options.connect))) {}

sql::Pool::Lease Engine::connect(SourceLocation where) {
  return pool_.take({}, where);
}

void Engine::create(const std::vector<const detail::Entity*>& entities) {
  const sql::Pool::Lease connection = connect();
  detail::create_tables(*connection, detail::tables_of(entities, *connection));
}

void Engine::drop(const std::vector<const detail::Entity*>& entities) {
  const sql::Pool::Lease connection = connect();
  detail::drop_tables(*connection, detail::tables_of(entities, *connection));
}

}  // namespace posthouse::orm
