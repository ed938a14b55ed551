// Sessions: reading single objects, and which object stands for which row. session/ has the rest.
#include "posthouse/orm/session/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/new_objects.h"

namespace posthouse::orm {

using detail::ColumnInfo;
using detail::Entity;
using detail::field_of;
using detail::IdentityMap;
using detail::RelationInfo;
using detail::Selection;

Session::Session(Engine& engine, SessionOptions options, SourceLocation where)
    : options_(options),
      lease_(engine.connect(where)),
      connection_(&**lease_),
      new_(std::make_unique<detail::NewObjects>()) {}

Session::Session(sql::Connection& connection, SessionOptions options)
    : options_(options), connection_(&connection), new_(std::make_unique<detail::NewObjects>()) {}

Session::~Session() {
  let_go_of_all();
}

void Session::begin(sql::TransactionMode mode) {
  require_no_failure();
  require_transaction();
  if (!connection_->in_transaction()) {
    connection_->begin(options_.mode == sql::TransactionMode::deferred ? mode : options_.mode);
  }
}

sql::OrmGate::Run Session::start(const std::string& sql) {
  begin(sql::TransactionMode::deferred);
  ++statements_;
  return sql::OrmGate::start(*connection_, sql);
}

sql::OrmGate::Run Session::run(const detail::SqlText& text) {
  sql::OrmGate::Run run = start(text.sql);
  run.bind_values(text.values);
  return run;
}

std::int64_t Session::number(const detail::SqlText& text) {
  sql::OrmGate::Run started = run(text);
  std::int64_t number = 0;
  while (started.step()) {
    number = started.column(0, [](const sql::Column& column) { return column.integer(); });
  }
  return number;
}

// Objects and rows ---------------------------------------------------------------------------------------------------

IdentityMap& Session::map_of(const Entity& entity) {
  for (const auto& map : maps_) {
    if (&map->entity() == &entity) {
      return *map;
    }
  }
  maps_.push_back(std::make_unique<IdentityMap>(entity));
  return *maps_.back();
}

void Session::attach(const Entity& entity, void* object, Session* session) {
  for (const RelationInfo& relation : entity.relations) {
    relation.attach(object, session);
  }
}

// The object goes its own way from now on.
void Session::let_go(const Entity& entity, void* object) {
  attach(entity, object, nullptr);
  for (const RelationInfo& relation : entity.relations) {
    const bool other_side =
        relation.kind == detail::RelationKind::many_to_many && entity.table >= relation.target().table;
    if (relation.kind == detail::RelationKind::belongs_to || other_side) {
      relation.loosen(object);
    }
  }
}

// And of all else that the next flush would write.
void Session::let_go_of_new() {
  for (const auto& entry : new_->entries()) {
    if (entry.object != nullptr && !entry.written) {
      let_go(*entry.entity, entry.object.get());
    }
  }
  new_->clear();
  assigned_.clear();
  links_.clear();
  removed_.clear();
}

void Session::let_go_of_all() {
  let_go_of_new();
  for (const auto& map : maps_) {
    if (map->entity().relations.empty()) {
      continue;
    }
    for (IdentityMap::Place place = 0; place < map->end(); ++place) {
      // One that nobody else has goes with the session.
      if (map->at(place).use_count() > 1) {
        let_go(map->entity(), map->at(place).get());
      }
    }
  }
  maps_.clear();
  inserted_.clear();
  updated_.clear();
  erased_.clear();
}

namespace {

void read_row(const Entity& entity, const sql::OrmGate::Run& run, const detail::RowPlaces& places, void* object) {
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    const ColumnInfo& info = entity.columns[i];
    run.column(places.of(i),
               [&](const sql::Column& column) { info.type->read(column, field_of(object, info.offset)); });
  }
}

}  // namespace

const std::shared_ptr<void>& Session::take_row(IdentityMap& map, const sql::OrmGate::Run& run,
                                               const detail::RowPlaces& places, Reading why) {
  const Entity& entity = map.entity();
  IdentityMap::Place place = map.find(detail::key_of_row(entity, run, places));
  if (place == IdentityMap::nowhere) {
    Object object = entity.make(arena_);
    read_row(entity, run, places, object.get());
    attach(entity, object.get(), this);
    place = map.insert(std::move(object));
  } else if (why == Reading::again || (map.has_expired(place) && !map.is_changed(place))) {
    read_row(entity, run, places, map.at(place).get());
    map.set_stored(place);
    if (why == Reading::query) {
      unload_relations(entity, map.at(place).get());
    }
    map.set_read(place, why != Reading::relation || entity.relations.empty());
  } else {
    return map.at(place);
  }
  if (!entity.hooks.empty()) {
    entity.call(Event::after_load, map.at(place).get());
    map.set_stored(place);
  }
  return map.at(place);
}

std::shared_ptr<void> Session::passing(const Entity& entity, const sql::OrmGate::Run& run) {
  IdentityMap& map = map_of(entity);
  if (map.find(detail::key_of_row(entity, run, {})) != IdentityMap::nowhere) {
    return take_row(map, run, {}, Reading::relation);
  }
  Object object = entity.make(arena_);
  read_row(entity, run, {}, object.get());
  entity.call(Event::after_load, object.get());
  return object;
}

void Session::copy_columns(const Entity& entity, const void* from, void* to) {
  for (const ColumnInfo& column : entity.columns) {
    column.type->copy(field_of(from, column.offset), field_of(to, column.offset));
  }
}

// By key -------------------------------------------------------------------------------------------------------------

std::shared_ptr<void> Session::get_object(const Entity& entity, std::int64_t key) {
  if (entity.integer_key) {
    const IdentityMap& map = map_of(entity);
    const IdentityMap::Place place = map.find(key);
    if (place != IdentityMap::nowhere && !map.has_expired(place)) {
      return map.at(place);
    }
  }
  return get_object(entity, std::vector<sql::Value>{key});
}

std::shared_ptr<void> Session::get_object(const Entity& entity, const std::vector<sql::Value>& values) {
  if (values.size() != entity.keys) {
    throw sql::Error(sql::Errc::usage, fmt::format("the primary key of {} has {} columns, given were {}", entity.table,
                                                   entity.keys, values.size()));
  }
  IdentityMap& map = map_of(entity);
  const detail::Key key = detail::key_of_values(entity, values);
  IdentityMap::Place place = map.find(key);
  if (place != IdentityMap::nowhere && map.has_expired(place) && options_.autoflush) {
    flush_pending();
    place = map.find(key);
    if (place != IdentityMap::nowhere && map.is_changed(place)) {
      write_changed(map, place);
    }
  }
  if (place != IdentityMap::nowhere) {
    return known_or_read_again(map, place);
  }
  Selection selection{&entity};
  auto value = values.begin();
  for (const ColumnInfo& column : entity.columns) {
    if (!column.primary_key) {
      continue;
    }
    selection.where.push_back(detail::compare(detail::column_sql(entity, column.offset), " = ", *value++));
  }
  if (options_.autoflush) {
    flush_pending();
  }
  const auto found = objects(selection);
  return found.empty() ? nullptr : found.front();
}

// Null when it has expired, and its row is gone.
std::shared_ptr<void> Session::known_or_read_again(IdentityMap& map, std::uint32_t place) {
  const Object known = map.at(place);
  if (!map.has_expired(place) || map.is_changed(place)) {
    return known;
  }
  if (read_by_key(map.entity(), known.get(), true) == nullptr) {
    expunge_object(map.entity(), known.get());
    return nullptr;
  }
  unload_relations(map.entity(), known.get());
  return known;
}

// The object with the key of `like` as the database has it; null when it has none.
std::shared_ptr<void> Session::read_by_key(const Entity& entity, const void* like, bool overwrite) {
  Selection selection{&entity};
  for (const ColumnInfo& column : entity.columns) {
    if (!column.primary_key) {
      continue;
    }
    selection.where.push_back(
        detail::compare(detail::column_sql(entity, column.offset), " = ",
                        sql::OrmGate::captured(column.type->bind, field_of(like, column.offset))));
  }
  sql::OrmGate::Run started = run(selection.sql());
  return started.step() ? take_row(map_of(entity), started, {}, overwrite ? Reading::again : Reading::query) : nullptr;
}

std::shared_ptr<void> Session::known_or_read(const Entity& entity, const void* like) {
  if (entity.key_is_missing(like)) {
    return nullptr;
  }
  IdentityMap& map = map_of(entity);
  const IdentityMap::Place place = map.find(detail::key_of_object(entity, like));
  return place != IdentityMap::nowhere ? known_or_read_again(map, place) : read_by_key(entity, like, false);
}

void Session::refresh_object(const Entity& entity, const Object& object) {
  if (map_of(entity).place_of(object.get()) == IdentityMap::nowhere) {
    throw sql::Error(sql::Errc::usage, "the object is not one of this session");
  }
  if (read_by_key(entity, object.get(), true) == nullptr) {
    throw sql::Error(sql::Errc::no_row, fmt::format("the row of {} to be read again is gone", entity.table));
  }
  unload_relations(entity, object.get());
}

void Session::unload_relations(const Entity& entity, void* object) {
  for (const RelationInfo& relation : entity.relations) {
    relation.unload(object);
  }
}

void Session::expire_object(const Entity& entity, const void* object) {
  IdentityMap& map = map_of(entity);
  const IdentityMap::Place place = map.place_of(object);
  if (place == IdentityMap::nowhere) {
    throw sql::Error(sql::Errc::usage, "the object is not one of this session");
  }
  map.expire(place);
}

void Session::expire_all() {
  for (const auto& map : maps_) {
    map->expire_all();
  }
}

void Session::expunge_object(const Entity& entity, const void* object) {
  if (const std::size_t number = new_->find(object); number != detail::NewObjects::nowhere) {
    let_go(entity, (*new_)[number].object.get());
    new_->take_away(number);
    return;
  }
  IdentityMap& map = map_of(entity);
  const IdentityMap::Place place = map.place_of(object);
  if (place == IdentityMap::nowhere) {
    return;
  }
  let_go(entity, map.at(place).get());
  map.erase(place);
}

}  // namespace posthouse::orm
