// Objects of many rows, and their relations: for any number of objects by one statement for each some hundred keys.
#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "posthouse/orm/session/identity_map.h"
#include "posthouse/orm/session/keys.h"
#include "posthouse/orm/session/session.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm {

using detail::ColumnInfo;
using detail::Eager;
using detail::Entity;
using detail::field_of;
using detail::IdentityMap;
using detail::RelationInfo;
using detail::RelationKind;
using detail::Selection;

namespace {

// Statements are prepared, and kept prepared, by their text. With keys in lists of one length there are few texts.
constexpr std::size_t keys_at_once = 500;
// Relations loaded with relations, of a tree perhaps: what is deeper loads when it is looked at.
constexpr int deepest_loading = 8;

bool before(const sql::Value& a, const sql::Value& b) {
  if (a.index() != b.index()) {
    return a.index() < b.index();
  }
  const auto* const blob = std::get_if<sql::Blob>(&a);
  if (blob != nullptr) {
    return blob->bytes < std::get<sql::Blob>(b).bytes;
  }
  if (const auto* const number = std::get_if<std::int64_t>(&a)) {
    return *number < std::get<std::int64_t>(b);
  }
  if (const auto* const real = std::get_if<double>(&a)) {
    return *real < std::get<double>(b);
  }
  const auto* const text = std::get_if<std::string>(&a);
  return text != nullptr && *text < std::get<std::string>(b);
}

// The different values of `column` in `objects`, NULL left out, in order.
std::vector<sql::Value> values_of(const ColumnInfo& column, const std::vector<void*>& objects) {
  std::vector<sql::Value> values;
  values.reserve(objects.size());
  for (const void* object : objects) {
    sql::Value value = sql::OrmGate::captured(column.type->bind, field_of(object, column.offset));
    if (value.index() != 0) {
      values.push_back(std::move(value));
    }
  }
  if (!std::is_sorted(values.begin(), values.end(), before)) {
    std::sort(values.begin(), values.end(), before);
  }
  const auto equal = [](const sql::Value& one, const sql::Value& other) { return !before(one, other); };  // sorted
  values.erase(std::unique(values.begin(), values.end(), equal), values.end());
  return values;
}

// Calls f with a condition that some of the values after the other fulfil. Integers without a gap, as the keys of all
// rows of a table are, make one range: one statement with two parameters in place of many with lists.
template <class F>
void in_portions(const std::string& column, const std::vector<sql::Value>& values, F&& f) {
  if (values.empty()) {
    return;
  }
  const auto* const first = std::get_if<std::int64_t>(&values.front());
  const auto* const last = std::get_if<std::int64_t>(&values.back());
  if (values.size() > keys_at_once && first != nullptr && last != nullptr &&
      static_cast<std::uint64_t>(*last) - static_cast<std::uint64_t>(*first) == values.size() - 1) {
    f(Condition{column + " BETWEEN ? AND ?", {*first, *last}});
    return;
  }
  for (std::size_t at = 0; at < values.size(); at += keys_at_once) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = static_cast<std::ptrdiff_t>(std::min(keys_at_once, values.size() - at));
    f(detail::any_of(column, std::vector<sql::Value>(begin, begin + size)));
  }
}

/// Gives objects that come one after the other, ordered by owner, to their owners.
class Groups {
 public:
  Groups(const RelationInfo& relation, const IdentityMap& owners) : relation_(relation), owners_(owners) {}
  /// `owner` as the row has it.
  void add(const sql::Cell& owner, const std::shared_ptr<void>& object) {
    detail::Key key;
    if (owners_.entity().integer_key) {
      key.number = owner.integer;
    } else {
      detail::append_key(key.text, owner);
    }
    if (group_.empty() || key.number != key_.number || key.text != key_.text) {
      finish();
      key_ = std::move(key);
    }
    group_.push_back(object);
  }
  /// The last one's.
  void finish() {
    if (group_.empty()) {
      return;
    }
    const IdentityMap::Place place = owners_.find(key_);
    if (place != IdentityMap::nowhere) {
      void* const owner = owners_.at(place).get();
      if (!relation_.loaded(owner)) {
        relation_.set(owner, group_);
      }
    }
    group_.clear();
  }

 private:
  const RelationInfo& relation_;
  const IdentityMap& owners_;
  detail::Key key_;
  std::vector<std::shared_ptr<void>> group_;
};

void set_none(const RelationInfo& relation, const std::vector<void*>& owners) {
  for (void* owner : owners) {
    if (!relation.loaded(owner)) {
      relation.set(owner, {});
    }
  }
}

std::vector<void*> pointers(const std::vector<std::shared_ptr<void>>& objects) {
  std::vector<void*> all;
  all.reserve(objects.size());
  for (const auto& object : objects) {
    all.push_back(object.get());
  }
  return all;
}

// Those that the query loads by its own statement: to one as many as are wanted, to many the first, and without a
// limit, which would count rows instead of objects.
std::vector<const RelationInfo*> joined_relations(const Selection& selection) {
  std::vector<const RelationInfo*> joined;
  bool many = selection.limit || selection.offset != 0;
  const auto consider = [&](const RelationInfo* relation) {
    const bool there = std::find(joined.begin(), joined.end(), relation) != joined.end();
    if (there || relation->owner().table != selection.entity->table || (relation->to_many() && many)) {
      return;
    }
    many = many || relation->to_many();
    joined.push_back(relation);
  };
  if (selection.distinct || !selection.group.empty()) {
    return joined;
  }
  for (const Eager& eager : selection.with) {
    if (eager.how == Loading::joined && eager.path.size() == 1) {
      consider(eager.path.front());
    }
  }
  for (const RelationInfo& relation : selection.entity->relations) {
    if (relation.loading == Loading::joined) {
      consider(&relation);
    }
  }
  return joined;
}

}  // namespace

std::vector<std::shared_ptr<void>> Session::objects(const Selection& selection) {
  return objects(selection, Reading::query);
}

// Without a flush, which looks at every object: relations are loaded by many such statements in a row.
std::vector<std::shared_ptr<void>> Session::objects(const Selection& selection, Reading why) {
  std::vector<Object> found;
  const std::vector<const RelationInfo*> joined = joined_relations(selection);
  if (joined.empty()) {
    IdentityMap& map = map_of(*selection.entity);
    sql::OrmGate::Run rows = run(selection.sql());
    while (rows.step()) {
      found.push_back(take_row(map, rows, {}, why));
    }
  } else {
    found = objects_joined(selection, joined, why);
  }
  if (!found.empty()) {
    load_with(selection, found);
  }
  return found;
}

// Sorted by the object's key last, the rows of one object follow each other.
std::vector<std::shared_ptr<void>> Session::objects_joined(Selection selection,
                                                           const std::vector<const RelationInfo*>& joined,
                                                           Reading why) {
  struct Target {
    const RelationInfo& relation;
    IdentityMap& map;
    detail::RowPlaces places;
    void* owner = nullptr;  // the row's object, unless its relation was loaded before
    std::vector<Object> group{};
    std::vector<Object> found{};

    void begin(void* object) {
      finish();
      owner = relation.loaded(object) ? nullptr : object;
    }
    void finish() {
      if (owner != nullptr) {
        relation.set(owner, group);
      }
      group.clear();
    }
  };
  std::vector<Target> targets;
  const Entity& entity = *selection.entity;
  for (const RelationInfo* relation : joined) {
    const int first = selection.join_columns(*relation, static_cast<int>(targets.size()));
    targets.push_back({*relation, map_of(relation->target()), {first, {}}});
    if (!relation->to_many()) {
      continue;
    }
    selection.order.emplace_back(detail::column_sql(entity, entity.key_column().offset));
    selection.order.emplace_back(selection.columns[static_cast<std::size_t>(first) + relation->target().key].sql);
  }
  IdentityMap& map = map_of(entity);
  std::vector<Object> found;
  {
    sql::OrmGate::Run rows = run(selection.sql());
    while (rows.step()) {
      const Object& object = take_row(map, rows, {}, why);
      const bool again = !found.empty() && found.back() == object;
      if (!again) {
        found.push_back(object);
      }
      for (Target& target : targets) {
        if (!again) {
          target.begin(object.get());
        }
        const bool none = rows.cell(target.places.of(target.map.entity().key)).kind == sql::CellKind::null;
        if (target.owner == nullptr || none || (again && !target.relation.to_many())) {
          continue;
        }
        target.group.push_back(take_row(target.map, rows, target.places, Reading::relation));
        if (!target.map.entity().relations.empty()) {
          target.found.push_back(target.group.back());
        }
      }
    }
    for (Target& target : targets) {
      target.finish();
    }
  }
  for (const Target& target : targets) {
    if (!target.found.empty()) {
      load_with(Selection{&target.map.entity()}, target.found);
    }
  }
  return found;
}

std::vector<std::shared_ptr<void>> Session::objects_of(const Entity& entity, sql::OrmGate::Run& rows) {
  rows.read_names();
  const auto& names = *rows.column_names();
  std::vector<int> places;
  for (const ColumnInfo& column : entity.columns) {
    const auto found = std::find(names.begin(), names.end(), column.name);
    if (found == names.end()) {
      throw sql::Error(sql::Errc::usage, fmt::format("the statement yields no column {}, which objects of {} want",
                                                     column.name, entity.table));
    }
    places.push_back(static_cast<int>(found - names.begin()));
  }
  IdentityMap& map = map_of(entity);
  std::vector<Object> objects;
  while (rows.step()) {
    objects.push_back(take_row(map, rows, {0, places}, Reading::query));
  }
  return objects;
}

// Relations ----------------------------------------------------------------------------------------------------------

void Session::load_with(const Selection& selection, const std::vector<Object>& found) {
  if (loading_ >= deepest_loading) {
    return;
  }
  ++loading_;
  try {
    for (const Eager& eager : selection.with) {
      std::vector<void*> owners = pointers(found);
      for (const RelationInfo* relation : eager.path) {
        fill(*relation, owners);
        if (relation == eager.path.back()) {
          break;
        }
        std::vector<void*> next;
        for (void* owner : owners) {
          for (std::size_t i = 0; i < relation->size(owner); ++i) {
            next.push_back(relation->at(owner, i).get());
          }
        }
        owners = std::move(next);
      }
    }
    for (const RelationInfo& relation : selection.entity->relations) {
      if (relation.loading == Loading::selectin || relation.loading == Loading::joined) {
        fill(relation, pointers(found));
      }
    }
  } catch (...) {
    --loading_;
    throw;
  }
  --loading_;
}

void Session::load(const RelationInfo& relation, void* owner) {
  if (options_.autoflush) {
    flush_pending();
  }
  fill(relation, {owner});
}

void Session::fill(const RelationInfo& relation, const std::vector<void*>& all) {
  std::vector<void*> owners;  // those that are not loaded, perhaps changed, already
  for (void* owner : all) {
    if (!relation.loaded(owner)) {
      owners.push_back(owner);
    }
  }
  if (owners.empty()) {
    return;
  }
  switch (relation.kind) {
    case RelationKind::has_many:
    case RelationKind::has_one:
      return load_children(relation, owners);
    case RelationKind::belongs_to:
      return load_parents(relation, owners);
    case RelationKind::many_to_many:
      return load_linked(relation, owners);
  }
}

void Session::load_children(const RelationInfo& relation, const std::vector<void*>& owners) {
  const Entity& target = relation.target();
  const ColumnInfo& theirs = detail::column_or_throw(target, relation.key_offset);
  const std::string column = detail::column_sql(target, theirs.offset);
  const int owner_at = static_cast<int>(&theirs - target.columns.data());
  Groups groups(relation, map_of(relation.owner()));
  in_portions(column, values_of(relation.owner().key_column(), owners), [&](Condition condition) {
    Selection selection{&target};
    selection.where.push_back(std::move(condition));
    selection.order.emplace_back(column);
    selection.order.emplace_back(detail::column_sql(target, target.key_column().offset));
    IdentityMap& map = map_of(target);
    std::vector<Object> found;
    {
      sql::OrmGate::Run rows = run(selection.sql());
      while (rows.step()) {
        const Object& object = take_row(map, rows, {}, Reading::relation);
        groups.add(rows.cell(owner_at), object);
        if (!target.relations.empty()) {
          found.push_back(object);
        }
      }
      groups.finish();
    }
    if (!found.empty()) {
      load_with(selection, found);
    }
  });
  set_none(relation, owners);
}

void Session::load_parents(const RelationInfo& relation, const std::vector<void*>& owners) {
  const Entity& target = relation.target();
  const ColumnInfo& ours = detail::column_or_throw(relation.owner(), relation.key_offset);
  const IdentityMap& map = map_of(target);
  std::vector<void*> without;
  for (void* owner : owners) {
    const auto key = detail::key_in(target, ours, owner);
    const IdentityMap::Place place = key ? map.find(*key) : IdentityMap::nowhere;
    if (key && (place == IdentityMap::nowhere || map.has_old_columns(place))) {
      without.push_back(owner);
    }
  }
  in_portions(detail::column_sql(target, target.key_column().offset), values_of(ours, without),
              [&](Condition condition) {
                Selection selection{&target};
                selection.where.push_back(std::move(condition));
                objects(selection, Reading::relation);
              });
  for (void* owner : owners) {
    const auto key = detail::key_in(target, ours, owner);
    const IdentityMap::Place place = key ? map.find(*key) : IdentityMap::nowhere;
    Object parent = place == IdentityMap::nowhere ? nullptr : map.at(place);
    relation.set(owner, {&parent, parent == nullptr ? 0U : 1U});
  }
}

// One statement yields the links and their targets.
void Session::load_linked(const RelationInfo& relation, const std::vector<void*>& owners) {
  const Entity& target = relation.target();
  const std::string link = sql::quoted(relation.link_table) + '.';
  const std::string owner_column = link + sql::quoted(relation.link_owner);
  const std::string key = detail::column_sql(target, target.key_column().offset);
  Groups groups(relation, map_of(relation.owner()));
  in_portions(owner_column, values_of(relation.owner().key_column(), owners), [&](Condition condition) {
    Selection selection{&target};
    selection.columns = detail::columns_of(target, target.table);
    selection.columns.emplace_back(owner_column);
    selection.joins.add(" JOIN " + sql::quoted(relation.link_table) + " ON " + link +
                        sql::quoted(relation.link_target) + " = " + key);
    selection.where.push_back(std::move(condition));
    selection.order.emplace_back(owner_column);
    selection.order.emplace_back(key);
    IdentityMap& map = map_of(target);
    std::vector<Object> found;
    {
      sql::OrmGate::Run rows = run(selection.sql());
      while (rows.step()) {
        found.push_back(take_row(map, rows, {}, Reading::relation));
        groups.add(rows.cell(static_cast<int>(target.columns.size())), found.back());
      }
      groups.finish();
    }
    if (!found.empty()) {
      load_with(Selection{&target}, found);
    }
  });
  set_none(relation, owners);
}

}  // namespace posthouse::orm
