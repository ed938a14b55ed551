#pragma once
// Queries by objects.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/orm/query/clauses.h"

namespace posthouse::orm {

/// The objects of a query, one after the other, in bounded memory. Iterate once, before the session's next commit() or
/// rollback().
template <class T>
class Stream {
 public:
  class Iterator {
   public:
    using value_type = Ref<T>;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;
    Iterator() = default;
    explicit Iterator(Stream* stream) : stream_(stream) {}
    const Ref<T>& operator*() const noexcept { return stream_->object_; }
    Iterator& operator++() {
      stream_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return stream_->object_ == nullptr; }

   private:
    Stream* stream_ = nullptr;
  };

  Stream(Session& session, sql::OrmGate::Run&& run) : session_(&session), run_(std::move(run)) {}
  Iterator begin() {
    next();
    return Iterator(this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void next() {
    object_.reset();
    if (run_.step()) {
      object_ = std::static_pointer_cast<T>(session_->passing(detail::entity_of<T>(), run_));
    }
  }

  Session* session_;
  sql::OrmGate::Run run_;
  Ref<T> object_;
};

/// A SELECT of T's rows, put together step by step (see Clauses) and run by the calls at the end.
///
///     auto adults = session.query<User>().filter(orm::col(&User::age) >= 18)
///                       .order_by(orm::col(&User::name).asc()).all();
template <class T>
class Query : public Clauses<Query<T>> {
 public:
  explicit Query(Session& session) : Clauses<Query>(session, &detail::entity_of<T>()) {}

  /// Loads this relation of all objects found, by one more statement for some hundred of them. With several, the
  /// relation of the query's objects, that of the objects found there, and so on.
  ///
  ///     session.query<User>().with(&User::books, &Book::chapters).all();
  template <class Field, class... Further>
  Query& with(Field T::* relation, Further... further) {
    this->add_with({&relation_of(relation), &relation_of(further)...}, Loading::selectin);
    return *this;
  }
  /// Loads this relation by the query's own statement, with a LEFT JOIN: for relations to one object, or to few. By one
  /// more statement, as with() does, where the query has a limit, or joins another relation to many.
  template <class Field>
  Query& with_joined(Field T::* relation) {
    this->add_with({&relation_of(relation)}, Loading::joined);
    return *this;
  }

  std::vector<Ref<T>> all() { return Session::typed<T>(this->found()); }
  /// The first, null when there is none.
  Ref<T> first() { return std::static_pointer_cast<T>(this->first_object()); }
  /// The only one. Throws Error (no_row, too_many_rows) when there is not just one.
  Ref<T> one() { return std::static_pointer_cast<T>(this->one_object()); }
  /// The only one, null when there is none. Throws Error (too_many_rows) when there are several.
  Ref<T> one_or_none() { return std::static_pointer_cast<T>(this->only_object()); }
  /// The objects one after the other, for more of them than memory can hold: those the session does not have already
  /// are not kept by it, so that changes in them are not written and their relations do not load.
  ///
  ///     for (const auto& user : session.query<User>().stream()) std::cout << user->name << '\n';
  Stream<T> stream() { return Stream<T>(this->prepared(), session_->run(selection_.sql())); }

  /// Deletes all rows that meet the conditions, by one statement; returns how many. The session lets go of objects it
  /// has of them.
  std::int64_t remove() { return this->prepared().remove_rows(selection_); }
  /// Sets columns of all rows that meet the conditions, by one statement; returns how many were found. Objects the
  /// session has of them are read again.
  template <class... Assignments>
  std::int64_t update(Assignment first, Assignments... rest) {
    return this->prepared().update_rows(selection_, {std::move(first), std::move(rest)...});
  }
  template <class F, class V>
  std::int64_t update(F T::* field, const V& value) {
    return update(set(field, value));
  }

 private:
  using Clauses<Query>::selection_;
  using Clauses<Query>::session_;

  template <class Owner, class Field>
  static const detail::RelationInfo& relation_of(Field Owner::* field) {
    return detail::relation_or_throw(detail::entity_of<Owner>(), detail::offset_of(field));
  }
};

}  // namespace posthouse::orm
