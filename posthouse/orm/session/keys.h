#pragma once
// Keys that go from one object to another. Private to this module.
#include <cstdint>
#include <optional>

#include "posthouse/orm/session/identity_map.h"

namespace posthouse::orm::detail {

/// Sets the field of `column` in `object` to an integer.
void set_integer(const ColumnInfo& column, void* object, std::int64_t value);
/// Sets it to NULL; it is a std::optional.
void set_null(const ColumnInfo& column, void* object);
/// Gives the field `to` of one object the value of the field `from` of another, of whatever types they are.
void copy_key(const ColumnInfo& from, const void* source, const ColumnInfo& to, void* target);
/// The key of an object of `target` that the field `column` of `object`, a foreign key, holds; nothing when it is NULL.
std::optional<Key> key_in(const Entity& target, const ColumnInfo& column, const void* object);

}  // namespace posthouse::orm::detail
