#include "posthouse/orm/mapping/entity.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/orm/mapping/mapping.h"

namespace posthouse::orm::detail {
namespace {

constexpr std::size_t most_fields = 64;

[[noreturn]] void refuse(const Entity& entity, const std::string& why) {
  throw sql::Error(sql::Errc::usage, fmt::format("the description of table \"{}\": {}", entity.table, why));
}

}  // namespace

const ColumnInfo* Entity::column_at(std::size_t offset) const noexcept {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.offset == offset; });
  return found == columns.end() ? nullptr : &*found;
}

const ColumnInfo* Entity::version_column() const noexcept {
  const auto found = std::find_if(columns.begin(), columns.end(), [](const auto& c) { return c.version; });
  return found == columns.end() ? nullptr : &*found;
}

const RelationInfo* Entity::relation_at(std::size_t offset) const noexcept {
  const auto found =
      std::find_if(relations.begin(), relations.end(), [&](const auto& r) { return r.offset == offset; });
  return found == relations.end() ? nullptr : &*found;
}

bool Entity::key_is_missing(const void* object) const {
  if (keys != 1 || !key_column().generated) {
    return false;
  }
  return key_column().type->integer(field_of(object, key_column().offset)).value_or(0) == 0;
}

void Entity::call(Event event, void* object) const {
  for (const Hook& hook : hooks) {
    if (hook.event == event) {
      hook.run(object);
    }
  }
}

const RelationInfo* RelationInfo::inverse() const {
  for (const RelationInfo& other : target().relations) {
    if (&other.target() != &owner()) {
      continue;
    }
    const bool here = kind == RelationKind::has_many || kind == RelationKind::has_one;
    const bool there = other.kind == RelationKind::has_many || other.kind == RelationKind::has_one;
    const bool by_key = (here && other.kind == RelationKind::belongs_to) || (kind == RelationKind::belongs_to && there);
    const bool by_link = kind == RelationKind::many_to_many && other.kind == kind && link_table == other.link_table &&
                         link_owner == other.link_target && link_target == other.link_owner;
    if (by_link || (by_key && key_offset == other.key_offset)) {
      return &other;
    }
  }
  return nullptr;
}

void complete(Entity& entity) {
  if (entity.table.empty()) {
    refuse(entity, "it has no table()");
  }
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    ColumnInfo& column = entity.columns[i];
    if (column.primary_key) {
      entity.key = i;
      ++entity.keys;
    }
    if (column.version && column.type->kind != ColumnKind::integer) {
      refuse(entity, column.name + " cannot count versions");
    }
    if (!column.primary_key) {
      entity.plain.push_back(i);
    }
    if (column.from_server && !column.type->nullable) {
      refuse(entity, column.name + " has a server_default, so it must be a std::optional, which is empty until then");
    }
  }
  if (entity.keys == 0) {
    refuse(entity, "it has no primary_key()");
  }
  ColumnInfo& key = entity.columns[entity.key];
  entity.integer_key = entity.keys == 1 && key.type->kind == ColumnKind::integer;
  key.generated = entity.integer_key && key.numbered && !key.references;
  for (const RelationInfo& relation : entity.relations) {
    if (entity.keys != 1) {
      refuse(entity, "relations need a primary key of one column");
    }
    if (relation.kind == RelationKind::belongs_to && entity.column_at(relation.key_offset) == nullptr) {
      refuse(entity, "a belongs_to goes by a field that is no column");
    }
  }
}

Entity described(void (*describe)(Entity&), std::shared_ptr<void> (*make)(Arena&)) {
  Entity entity;
  // What describe() is given to say more of columns and relations are references to them.
  entity.columns.reserve(most_fields);
  entity.relations.reserve(most_fields);
  entity.make = make;
  describe(entity);
  complete(entity);
  return entity;
}

}  // namespace posthouse::orm::detail
