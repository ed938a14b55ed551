#pragma once
// Things that refer to each other, in an order that foreign keys allow. Private to this module.
#include <algorithm>
#include <utility>
#include <vector>

#include "posthouse/orm/mapping/entity.h"

namespace posthouse::orm::detail {

/// Each after those to which it `refers(one, other)`; in a circle, the first one first.
template <class T, class Refers>
std::vector<T> ordered(std::vector<T> from, Refers&& refers) {
  std::vector<T> order;
  while (!from.empty()) {
    auto next = std::find_if(from.begin(), from.end(), [&](const T& one) {
      return std::none_of(from.begin(), from.end(),
                          [&](const T& other) { return &other != &one && refers(one, other); });
    });
    if (next == from.end()) {
      next = from.begin();
    }
    order.push_back(std::move(*next));
    from.erase(next);
  }
  return order;
}

/// Whether a foreign key of `one` refers to `other`.
bool refers_to(const Entity& one, const Entity& other);

/// The entities in an order in which each comes after those its foreign keys refer to, as far as there is one.
std::vector<const Entity*> in_order(std::vector<const Entity*> entities);

}  // namespace posthouse::orm::detail
