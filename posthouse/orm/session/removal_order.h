#pragma once
// In what order rows can be deleted whose tables refer to themselves, or to each other in a circle. Private to this
// module.
#include <cstddef>
#include <vector>

#include "posthouse/orm/mapping/entity.h"

namespace posthouse::orm::detail {

/// An object whose row is to be deleted.
struct Removal {
  const Entity* entity;
  const void* object;
};

/// The row of removals[index] is deleted, or its foreign key `null_first` is set to NULL.
struct RemovalStep {
  std::size_t index;
  const ColumnInfo* null_first = nullptr;
};

/// Whether no order of the entities, as they come, has those that refer before those referred to.
bool refer_in_circle(const std::vector<const Entity*>& entities);

/// Rows that refer before those referred to. Where they refer to each other in a circle, a key that may be NULL is set to
/// that first; where none may be, the rest comes in the order of `removals`, which the database refuses. Else the order
/// of `removals` is kept as far as it can be.
std::vector<RemovalStep> removal_order(const std::vector<Removal>& removals);

}  // namespace posthouse::orm::detail
