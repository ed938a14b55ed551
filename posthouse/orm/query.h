#pragma once
// Queries by objects. Included by session.h.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/orm/session.h"

namespace posthouse::orm {

/// A SELECT of T's rows, put together step by step and run by the calls at the end.
///
///     auto adults = session.query<User>().filter(orm::col(&User::age) >=
///     18).order_by(orm::col(&User::name).asc()).all();
template <class T>
class Query {
 public:
  explicit Query(Session& session) : session_(&session), selection_{&detail::entity_of<T>()} {}

  /// Rows that meet this condition too.
  Query& filter(Condition condition) {
    selection_.where.push_back(std::move(condition));
    return *this;
  }
  /// The same for `field == value`.
  template <class F, class V>
  Query& filter_by(F T::*field, const V& value) {
    return filter(col(field) == value);
  }
  template <class... Orders>
  Query& order_by(Orders... orders) {
    (selection_.order.push_back(std::move(orders)), ...);
    return *this;
  }
  Query& limit(std::int64_t rows) {
    selection_.limit = rows;
    return *this;
  }
  Query& offset(std::int64_t rows) {
    selection_.offset = rows;
    return *this;
  }
  Query& distinct() {
    selection_.distinct = true;
    return *this;
  }
  /// JOINs the table of a relation, for conditions on its columns. A row for each pair: see distinct().
  template <class Field>
  Query& join(Field T::*relation) {
    selection_.join(relation_of(relation));
    return *this;
  }
  /// Loads this relation of all objects found by one more statement.
  template <class Field>
  Query& with(Field T::*relation) {
    selection_.with.push_back(&relation_of(relation));
    return *this;
  }

  std::vector<Ref<T>> all() {
    std::vector<Ref<T>> objects;
    for (auto& object : session_->select(selection_)) objects.push_back(std::static_pointer_cast<T>(std::move(object)));
    return objects;
  }
  /// The first, null when there is none.
  Ref<T> first() {
    selection_.limit = 1;
    auto objects = all();
    return objects.empty() ? nullptr : std::move(objects.front());
  }
  /// The only one. Error no_row or too_many_rows when there is not just one.
  Ref<T> one() {
    Ref<T> object = one_or_none();
    if (object == nullptr) detail::throw_no_row(selection_);
    return object;
  }
  /// The only one, null when there is none. Error too_many_rows when there are several.
  Ref<T> one_or_none() {
    selection_.limit = 2;
    auto objects = all();
    if (objects.size() > 1) detail::throw_too_many_rows(selection_);
    return objects.empty() ? nullptr : std::move(objects.front());
  }
  std::int64_t count() { return session_->count(selection_); }
  bool exists() { return count() != 0; }

  /// Deletes all rows that meet the conditions, by one statement; returns how many. Objects the session has of them are
  /// left as they are: expunge them.
  std::int64_t remove() { return session_->change(selection_, "DELETE FROM ", "", {}); }
  /// Sets one column of all rows that meet the conditions, by one statement; returns how many were found. Objects the
  /// session has of them are left as they are: refresh them.
  template <class F, class V>
  std::int64_t update(F T::*field, const V& value) {
    static_assert(detail::comparable<F, V>, "this column cannot hold a value of that type");
    const detail::ColumnInfo& column = detail::column_or_throw(*selection_.entity, detail::offset_of(field));
    return session_->change(selection_, "UPDATE ", " SET " + detail::quoted(column.name) + " = ?",
                            {detail::value_of(value)});
  }

 private:
  template <class Field>
  const detail::RelationInfo& relation_of(Field T::*field) const {
    return detail::relation_or_throw(*selection_.entity, detail::offset_of(field));
  }

  Session* session_;
  detail::Selection selection_;
};

}  // namespace posthouse::orm
