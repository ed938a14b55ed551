#include "posthouse/orm/entity.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "posthouse/orm/capture.h"
#include "posthouse/orm/condition.h"
#include "posthouse/orm/mapping.h"

namespace posthouse::orm::detail {
namespace {

[[noreturn]] void refuse(const Entity& entity, const std::string& why) {
  throw sql::Error(sql::ErrorKind::usage, "the description of table \"" + entity.table + "\": " + why);
}

// The product of two odd-looking words folded onto itself: each bit of both decides about half of the result's bits.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

void RowHash::mix(std::uint64_t word) noexcept {
  hash_ = fold(hash_ ^ word ^ 0xa0761d6478bd642fU, hash_ + 0xe7037ed1a0b428dbU);
}

void RowHash::bind_real(int, double bound) {
  mix(std::bit_cast<std::uint64_t>(bound) ^ 0x52U);
}

void RowHash::octets(std::string_view octets, std::uint64_t kind) noexcept {
  mix(octets.size() << 8U | kind);
  while (!octets.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min<std::size_t>(octets.size(), sizeof word);
    std::memcpy(&word, octets.data(), size);
    mix(word);
    octets.remove_prefix(size);
  }
}

sql::Value captured(void (*bind)(sql::Parameter, const void*), const void* value) {
  ValueCapture capture;
  bind(sql::Parameter(capture, 0, false), value);
  return std::move(capture.value);
}

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
  if (keys != 1 || !key_column().generated) return false;
  const sql::Value value = captured(key_column().type->bind, field_of(object, key_column().offset));
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr || *number == 0;
}

void complete(Entity& entity) {
  if (entity.table.empty()) refuse(entity, "it has no table()");
  for (std::size_t i = 0; i < entity.columns.size(); ++i) {
    ColumnInfo& column = entity.columns[i];
    if (column.primary_key) {
      entity.key = i;
      ++entity.keys;
    }
    if (column.version && column.type->kind != ColumnKind::integer)
      refuse(entity, column.name + " cannot count versions");
  }
  if (entity.keys == 0) refuse(entity, "it has no primary_key()");
  ColumnInfo& key = entity.columns[entity.key];
  key.generated = entity.keys == 1 && key.type->kind == ColumnKind::integer && key.numbered && !key.references;
  for (const RelationInfo& relation : entity.relations) {
    if (entity.keys != 1) refuse(entity, "relations need a primary key of one column");
    if (relation.kind == RelationKind::belongs_to && entity.column_at(relation.key_offset) == nullptr) {
      refuse(entity, "a belongs_to goes by a field that is no column");
    }
  }
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string column_sql(const Entity& entity, std::size_t offset) {
  const ColumnInfo* const column = entity.column_at(offset);
  if (column == nullptr) refuse(entity, "a query uses a field that is no column");
  return quoted(entity.table) + '.' + quoted(column->name);
}

Condition compare(std::string_view column, std::string_view how, sql::Value value) {
  Condition condition{std::string(column) + std::string(how) + "?", {}};
  condition.values.push_back(std::move(value));
  return condition;
}

Condition any_of(std::string_view column, std::vector<sql::Value> values) {
  if (values.empty()) return {"1 = 0", {}};
  std::string sql = std::string(column) + " IN (?";
  for (std::size_t i = 1; i < values.size(); ++i) sql += ", ?";
  return {sql + ")", std::move(values)};
}

Condition suffixed(std::string_view column, std::string_view suffix) {
  return {std::string(column) + std::string(suffix), {}};
}

}  // namespace posthouse::orm::detail

namespace posthouse::orm {
namespace {

Condition joined(Condition a, std::string_view word, Condition b) {
  a.sql = '(' + a.sql + std::string(word) + b.sql + ')';
  a.values.insert(a.values.end(), std::make_move_iterator(b.values.begin()), std::make_move_iterator(b.values.end()));
  return a;
}

}  // namespace

Condition operator&&(Condition a, Condition b) {
  return joined(std::move(a), " AND ", std::move(b));
}

Condition operator||(Condition a, Condition b) {
  return joined(std::move(a), " OR ", std::move(b));
}

Condition operator!(Condition a) {
  a.sql = "NOT (" + a.sql + ')';
  return a;
}

}  // namespace posthouse::orm
