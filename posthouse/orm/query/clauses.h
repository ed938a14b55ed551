#pragma once
// What queries for objects and queries for columns have in common. Private to this module.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "posthouse/orm/session/session.h"

namespace posthouse::orm {

namespace detail {

/// A query for no type, so that what puts it together is compiled once.
class SelectionBuilder {
 public:
  /// How many rows the query finds, by one statement.
  std::int64_t count();
  /// Whether it finds one.
  bool exists();
  /// What the query is, for subqueries.
  const Selection& selection() const noexcept { return selection_; }

 protected:
  SelectionBuilder(Session& session, const Entity* from) : session_(&session), selection_(from) {}
  /// The session, with what was changed written.
  Session& prepared();
  void add_condition(Condition&& condition);
  void add_having(Condition condition);
  void add_order(Order&& order);
  void add_group(const Expression& column);
  void add_with(std::vector<const RelationInfo*> path, Loading how);
  /// Sets no limit, as Session::objects.
  std::vector<std::shared_ptr<void>> found();
  /// The first object, null when there is none.
  std::shared_ptr<void> first_object();
  /// The only one, null when there is none. Throws Error (too_many_rows) when there are several.
  std::shared_ptr<void> only_object();
  /// The only one. Throws Error (no_row, too_many_rows) when there is not just one.
  std::shared_ptr<void> one_object();

  Session* session_;
  Selection selection_;
};

}  // namespace detail

/// The steps that put a query together. Self is Query or Select; each returns it again.
template <class Self>
class Clauses : public detail::SelectionBuilder {
 public:
  /// Rows that meet this condition too.
  Self& filter(Condition condition) {
    add_condition(std::move(condition));
    return self();
  }
  template <class C>
    requires(!std::is_convertible_v<C, Condition>)
  Self& filter(const C& /*no condition*/) {
    static_assert(sql::OrmGate::never<C>, "filter() takes a condition, such as orm::col(&User::name) == \"Ann\"");
    return self();
  }
  /// The same for `field == value`.
  template <class T, class F, class V>
  Self& filter_by(F T::* field, const V& value) {
    return filter(col(field) == value);
  }
  /// By `orm::col(…).asc()` or `.desc()`; the first counts most.
  template <class... Orders>
  Self& order_by(Orders... orders) {
    if constexpr ((std::is_same_v<Orders, Order> && ...)) {
      (add_order(std::move(orders)), ...);
    } else {
      static_assert((std::is_same_v<Orders, Order> && ...),
                    "order_by() takes orders, such as orm::col(&User::name).asc()");
    }
    return self();
  }
  Self& limit(std::int64_t rows) {
    selection_.limit = rows;
    return self();
  }
  Self& offset(std::int64_t rows) {
    selection_.offset = rows;
    return self();
  }
  /// Only what comes behind a row with these values, one for each thing that order_by(), which must have been called,
  /// sorts by: the next page, found by an index however far down it is. The order should decide between any two rows,
  /// as one that ends with the primary key does, and have no columns that are NULL.
  ///
  ///     query.order_by(orm::col(&User::name).asc(), orm::col(&User::id).asc()).after(last->name, last->id).limit(50)
  template <class... Values>
  Self& after(const Values&... values) {
    selection_.after({detail::value_of(values)...});
    return self();
  }
  Self& distinct() {
    selection_.distinct = true;
    return self();
  }
  /// Rows with equal values of these become one.
  template <class... Fs>
  Self& group_by(const Expr<Fs>&... columns) {
    (add_group(columns.expression()), ...);
    return self();
  }
  /// Groups that meet this condition.
  Self& having(Condition condition) {
    add_having(std::move(condition));
    return self();
  }

  /// JOINs the table of a relation of the query's entity, or of one joined before. A row for each pair: see distinct().
  template <class T, class Field>
  Self& join(Field T::* relation) {
    return join_relation(detail::JoinKind::inner, relation);
  }
  /// The same, with a row whose columns of that table are NULL where there is none.
  template <class T, class Field>
  Self& left_join(Field T::* relation) {
    return join_relation(detail::JoinKind::left, relation);
  }
  /// JOINs the table of T on a condition.
  template <class T>
  Self& join(Condition on) {
    selection_.join(detail::JoinKind::inner, detail::entity_of<T>(), std::move(on));
    return self();
  }
  template <class T>
  Self& left_join(Condition on) {
    selection_.join(detail::JoinKind::left, detail::entity_of<T>(), std::move(on));
    return self();
  }
  // The same under another name: a table that is in the query already, or is joined twice, needs one.
  template <template <class> class Field, class T, class Other>
  Self& join(Field<Other> T::* relation, const Alias<Other>& as) {
    return join_relation(detail::JoinKind::inner, relation, as.name());
  }
  template <template <class> class Field, class T, class Other>
  Self& left_join(Field<Other> T::* relation, const Alias<Other>& as) {
    return join_relation(detail::JoinKind::left, relation, as.name());
  }
  /// From a table that was joined under another name to the next one.
  template <template <class> class Field, class T, class Other>
  Self& join(const Alias<T>& from, Field<Other> T::* relation, const Alias<Other>& as) {
    return join_relation(detail::JoinKind::inner, relation, as.name(), from.name());
  }
  template <template <class> class Field, class T, class Other>
  Self& left_join(const Alias<T>& from, Field<Other> T::* relation, const Alias<Other>& as) {
    return join_relation(detail::JoinKind::left, relation, as.name(), from.name());
  }
  template <class T>
  Self& join(const Alias<T>& as, Condition on) {
    selection_.join(detail::JoinKind::inner, detail::entity_of<T>(), std::move(on), as.name());
    return self();
  }
  template <class T>
  Self& left_join(const Alias<T>& as, Condition on) {
    selection_.join(detail::JoinKind::left, detail::entity_of<T>(), std::move(on), as.name());
    return self();
  }

 protected:
  using SelectionBuilder::SelectionBuilder;

 private:
  Self& self() { return static_cast<Self&>(*this); }
  template <class T, class Field>
  Self& join_relation(detail::JoinKind kind, Field T::* relation, std::string_view as = {},
                      std::string_view from = {}) {
    selection_.join(kind, detail::relation_or_throw(detail::entity_of<T>(), detail::offset_of(relation)), as, from);
    return self();
  }
};

/// True where the query, which may use columns of the query around it, finds a row.
///
///     session.query<User>().filter(orm::exists(
///         session.query<Book>().filter(orm::col(&Book::user_id) == orm::col(&User::id))));
Condition exists(const detail::SelectionBuilder& query);

/// True where the relation leads to an object, or to one that meets the condition.
///
///     session.query<User>().filter(orm::any(&User::books, orm::col(&Book::title).like("%horse%")));
///
/// Of a table to itself, col() in the condition is a column of the object that the relation leads to.
template <class T, class Field>
Condition any(Field T::* relation, Condition condition = {"1 = 1", {}}) {
  return detail::any_related(detail::relation_or_throw(detail::entity_of<T>(), detail::offset_of(relation)),
                             std::move(condition));
}
/// The same of a table that was joined under another name.
template <class T, class Field>
Condition any(const Alias<T>& of, Field T::* relation, Condition condition = {"1 = 1", {}}) {
  return detail::any_related(detail::relation_or_throw(detail::entity_of<T>(), detail::offset_of(relation)),
                             std::move(condition), of.name());
}

}  // namespace posthouse::orm
