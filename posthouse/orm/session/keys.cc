#include "posthouse/orm/session/keys.h"

namespace posthouse::orm::detail {
namespace {

void read_cell(const ColumnInfo& column, void* object, const sql::Cell& cell) {
  const sql::ColumnPlace place{nullptr, {}, 0, column.name};
  column.type->read(sql::Column(cell, 0, place), field_of(object, column.offset));
}

}  // namespace

void set_integer(const ColumnInfo& column, void* object, std::int64_t value) {
  sql::Cell cell;
  cell.kind = sql::CellKind::integer;
  cell.integer = value;
  read_cell(column, object, cell);
}

void set_null(const ColumnInfo& column, void* object) {
  read_cell(column, object, sql::Cell());
}

void copy_key(const ColumnInfo& from, const void* source, const ColumnInfo& to, void* target) {
  if (const auto number = from.type->integer(field_of(source, from.offset))) {
    return set_integer(to, target, *number);
  }
  const sql::Value value = sql::OrmGate::captured(from.type->bind, field_of(source, from.offset));
  read_cell(to, target, sql::cell_of(value));
}

std::optional<Key> key_in(const Entity& target, const ColumnInfo& column, const void* object) {
  Key key;
  if (target.integer_key) {
    const auto number = column.type->integer(field_of(object, column.offset));
    if (!number) {
      return std::nullopt;
    }
    key.number = *number;
    return key;
  }
  const sql::Value value = sql::OrmGate::captured(column.type->bind, field_of(object, column.offset));
  if (value.index() == 0) {
    return std::nullopt;
  }
  append_key(key.text, sql::cell_of(value));
  return key;
}

}  // namespace posthouse::orm::detail
