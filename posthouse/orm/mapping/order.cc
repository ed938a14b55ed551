#include "posthouse/orm/mapping/order.h"

namespace posthouse::orm::detail {

bool refers_to(const Entity& one, const Entity& other) {
  return std::any_of(
             one.columns.begin(), one.columns.end(),
             [&](const ColumnInfo& column) { return column.references && &column.references->entity() == &other; }) ||
         std::any_of(one.references.begin(), one.references.end(),
                     [&](const CompositeReference& reference) { return &reference.entity() == &other; });
}

std::vector<const Entity*> in_order(std::vector<const Entity*> entities) {
  return ordered(std::move(entities), [](const Entity* one, const Entity* other) { return refers_to(*one, *other); });
}

}  // namespace posthouse::orm::detail
