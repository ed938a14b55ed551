#pragma once
// Queries by columns.
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "posthouse/orm/conditions/aggregate.h"
#include "posthouse/orm/query/clauses.h"

namespace posthouse::orm {

/// A SELECT of columns and of what is computed of them, put together step by step (see Clauses). A row is a tuple of
/// the Fs, of a single one just that. It is FROM the table of the first column that has one, unless from() says.
///
///     for (auto [city, people] : session.select(orm::col(&User::city),
///     orm::count()).group_by(orm::col(&User::city)).all())
template <class... Fs>
class Select : public Clauses<Select<Fs...>> {
 public:
  using Value = std::tuple_element_t<0, std::tuple<Fs...>>;  ///< of the first column
  using Row = sql::OrmGate::Result<Fs...>;

  Select(Session& session, std::vector<detail::Expression> columns) : Clauses<Select>(session, nullptr) {
    static_assert(sizeof...(Fs) > 0, "select() wants at least one column");
    for (const detail::Expression& column : columns) {
      if (selection_.entity == nullptr) {
        selection_.entity = column.entity;
      }
    }
    selection_.columns = std::move(columns);
  }
  /// The table the query begins with.
  template <class T>
  Select& from() {
    selection_.entity = &detail::entity_of<T>();
    return *this;
  }

  std::vector<Row> all() { return rows().all(); }
  /// The rows one after the other, in bounded memory; to be iterated before the session's next commit() or rollback().
  sql::Rows<Fs...> stream() { return rows(); }
  /// The first, if there is one.
  std::optional<Row> first() {
    selection_.limit = 1;
    auto found = all();
    return found.empty() ? std::nullopt : std::optional<Row>(std::move(found.front()));
  }
  /// The only one. Throws Error (no_row, too_many_rows) when there is not just one.
  Row one() {
    std::optional<Row> row = one_or_none();
    if (!row) {
      detail::throw_no_row(selection_);
    }
    return *std::move(row);
  }
  /// The only one, if there is one. Throws Error (too_many_rows) when there are several.
  std::optional<Row> one_or_none() {
    selection_.limit = 2;
    auto found = all();
    if (found.size() > 1) {
      detail::throw_too_many_rows(selection_);
    }
    return found.empty() ? std::nullopt : std::optional<Row>(std::move(found.front()));
  }

  /// The query as a part of another: for Expr::in().
  detail::Expression subquery() const {
    static_assert(sizeof...(Fs) == 1, "a subquery that stands for a value, or a list of them, has one column");
    detail::SqlText text = selection_.sql();
    return {"(" + text.sql + ")", std::move(text.values)};
  }
  /// The only value it finds, or NULL, as an expression of another query.
  ///
  ///     orm::col(&User::age) > session.select(orm::avg(orm::col(&User::age))).scalar()
  Expr<std::optional<typename detail::PlainType<Value>::type>> scalar() const {
    return Expr<std::optional<typename detail::PlainType<Value>::type>>(subquery());
  }

 private:
  using Clauses<Select>::selection_;
  using Clauses<Select>::session_;

  sql::Rows<Fs...> rows() { return sql::Rows<Fs...>(this->prepared().run(selection_.sql())); }
};

}  // namespace posthouse::orm
