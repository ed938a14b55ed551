#include "posthouse/orm/session/removal_order.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>

#include "posthouse/orm/mapping/order.h"
#include "posthouse/orm/session/identity_map.h"

namespace posthouse::orm::detail {
namespace {

/// One row refers to another.
struct Edge {
  std::size_t to;
  const ColumnInfo* nullable;  ///< the key by which it does; null where it cannot be NULL
};

// The values of these fields; nothing when one is NULL.
std::string values_at(const Entity& entity, const std::vector<std::size_t>& offsets, const void* object) {
  std::string values;
  for (const std::size_t offset : offsets) {
    const ColumnInfo* const column = entity.column_at(offset);
    const sql::Value value = sql::OrmGate::captured(column->type->bind, field_of(object, offset));
    if (value.index() == 0) {
      return {};
    }
    append_key(values, sql::cell_of(value));
  }
  return values;
}

std::vector<CompositeReference> references_of(const Entity& entity) {
  std::vector<CompositeReference> all = entity.references;
  for (const ColumnInfo& column : entity.columns) {
    if (column.references) {
      const Reference& to = *column.references;
      all.push_back({{column.offset}, to.entity, {to.offset}, to.on_delete, to.on_update});
    }
  }
  return all;
}

class Order {
 public:
  explicit Order(const std::vector<Removal>& removals)
      : removals_(removals), edges_(removals.size()), referring_(removals.size()), gone_(removals.size()) {
    std::map<const Entity*, std::vector<std::size_t>> by_entity;
    for (std::size_t i = 0; i < removals.size(); ++i) {
      by_entity[removals[i].entity].push_back(i);
    }
    for (const auto& [entity, rows] : by_entity) {
      for (const CompositeReference& reference : references_of(*entity)) {
        const auto target = by_entity.find(&reference.entity());
        if (target != by_entity.end()) {
          add_edges(reference, rows, target->second);
        }
      }
    }
  }

  std::vector<RemovalStep> steps() {
    for (std::size_t i = 0; i < removals_.size(); ++i) {
      if (referring_[i] == 0) {
        free_.push(i);
      }
    }
    steps_of_free();
    for (std::size_t i = 0; i < removals_.size(); ++i) {
      if (!gone_[i]) {
        open(i);
        steps_of_free();
      }
    }
    for (std::size_t i = 0; i < removals_.size(); ++i) {
      if (!gone_[i]) {
        steps_.push_back({i});
      }
    }
    return std::move(steps_);
  }

 private:
  void add_edges(const CompositeReference& reference, const std::vector<std::size_t>& from,
                 const std::vector<std::size_t>& to) {
    const Entity& target = reference.entity();
    std::map<std::string, std::size_t> places;
    for (const std::size_t i : to) {
      places.emplace(values_at(target, reference.referred, removals_[i].object), i);
    }
    for (const std::size_t i : from) {
      const Entity& entity = *removals_[i].entity;
      const std::string values = values_at(entity, reference.offsets, removals_[i].object);
      const auto found = values.empty() ? places.end() : places.find(values);
      if (found == places.end()) {
        continue;
      }
      const auto nullable = std::find_if(reference.offsets.begin(), reference.offsets.end(), [&](std::size_t offset) {
        const ColumnInfo* const column = entity.column_at(offset);
        return column->type->nullable && !column->primary_key;
      });
      const ColumnInfo* const column = nullable == reference.offsets.end() ? nullptr : entity.column_at(*nullable);
      if (found->second != i) {
        edges_[i].push_back({found->second, column});
        ++referring_[found->second];
      } else if (column != nullptr) {
        steps_.push_back({i, column});  // to itself: MariaDB would refuse to delete it
      }
    }
  }

  // Deletes all that nobody refers to.
  void steps_of_free() {
    while (!free_.empty()) {
      const std::size_t next = free_.top();
      free_.pop();
      gone_[next] = true;
      steps_.push_back({next});
      for (const Edge& edge : std::exchange(edges_[next], {})) {
        leave(edge.to);
      }
    }
  }

  // Sets keys of the row to NULL that may be.
  void open(std::size_t row) {
    std::vector<Edge> kept;
    std::vector<Edge> opened;
    for (const Edge& edge : edges_[row]) {
      (edge.nullable == nullptr || gone_[edge.to] ? kept : opened).push_back(edge);
    }
    edges_[row] = std::move(kept);
    for (const Edge& edge : opened) {
      steps_.push_back({row, edge.nullable});
      leave(edge.to);
    }
  }

  void leave(std::size_t row) {
    if (--referring_[row] == 0 && !gone_[row]) {
      free_.push(row);
    }
  }

  const std::vector<Removal>& removals_;
  std::vector<std::vector<Edge>> edges_;
  std::vector<std::size_t> referring_;  // how many refer to each
  std::vector<bool> gone_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free_;
  std::vector<RemovalStep> steps_;
};

}  // namespace

bool refer_in_circle(const std::vector<const Entity*>& entities) {
  for (auto one = entities.begin(); one != entities.end(); ++one) {
    if (std::any_of(entities.begin(), one + 1, [&](const Entity* before) { return refers_to(**one, *before); })) {
      return true;
    }
  }
  return false;
}

std::vector<RemovalStep> removal_order(const std::vector<Removal>& removals) {
  return Order(removals).steps();
}

}  // namespace posthouse::orm::detail
