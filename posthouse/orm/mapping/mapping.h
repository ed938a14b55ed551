#pragma once
// How a struct says what it is in the database.
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/orm/mapping/relation.h"

namespace posthouse::orm {

namespace detail {

/// Where in a T the field is. A pointer to a data member is just that (Itanium C++ ABI 2.3, which GCC and Clang go by);
/// to measure it on an object would be a function and an object for each type of field of each entity.
template <class T, class F>
std::size_t offset_of(F T::* field) noexcept {
  return std::bit_cast<std::size_t>(field);
}

template <class T>
const Entity& entity_of();

/// Types of fields that a column can keep.
template <class F>
inline constexpr bool is_kept = std::is_arithmetic_v<F> || std::is_enum_v<F> || std::is_same_v<F, std::string> ||
                                std::is_same_v<F, sql::Blob> || sql::OrmGate::has_type<F>;
template <class F>
inline constexpr bool is_kept<std::optional<F>> = is_kept<F>;

}  // namespace detail

/// Fields of a T that belong together, in this order.
template <class T>
struct FieldList {
  std::vector<std::size_t> offsets;
};

/// The fields of a composite key: orm::fields(&Account::owner, &Account::number).
template <class T, class... Fs>
FieldList<T> fields(Fs T::*... members) {
  return {{detail::offset_of(members)...}};
}

/// More about a column; what each call returns is the same again.
class Column {
 public:
  explicit Column(detail::ColumnInfo& info) : info_(info) {}
  /// Part of the primary key. A single integer is given by the database when it is 0 at insert.
  Column& primary_key() {
    info_.primary_key = true;
    return *this;
  }
  /// Octets of text, at most; 0 for text of any length, which cannot be indexed everywhere. 255 unless said.
  Column& length(std::size_t octets) {
    info_.length = octets;
    return *this;
  }
  /// On a primary key of a single integer: false when the program gives every value, 0 too.
  Column& autoincrement(bool on) {
    info_.numbered = on;
    return *this;
  }
  /// Of a sql::Decimal on engines that have such a type: digits in all (1 to 65) and behind the point (at most 38).
  /// 38 and 10 unless said.
  Column& decimal(int digits, int scale) {
    info_.digits = digits;
    info_.scale = scale;
    return *this;
  }
  /// The type as SQL, instead of the one chosen by itself: on every engine, or on "sqlite" or "mariadb" alone.
  Column& sql_type(std::string_view type);
  Column& sql_type(std::string_view engine, std::string_view type);
  /// No two rows have the same value; any number may have none.
  Column& unique() {
    info_.unique = true;
    return *this;
  }
  /// An index for conditions and order by this column alone.
  Column& indexed() {
    info_.indexed = true;
    return *this;
  }
  /// An SQL expression the database takes for rows inserted by others.
  Column& default_sql(std::string_view expression);
  /// An SQL expression the database takes when the field, a std::optional, is empty at insert; the session then reads
  /// what it came to.
  Column& server_default(std::string_view expression);
  /// An SQL condition each row must meet.
  Column& check(std::string_view condition);
  /// A foreign key: the value is one of that field of the other entity's rows.
  template <class Other, class F>
  Column& references(F Other::* field, OnDelete on_delete = OnDelete::restrict,
                     OnUpdate on_update = OnUpdate::restrict) {
    return references({&detail::entity_of<Other>, detail::offset_of(field), on_delete, on_update});
  }
  /// Optimistic locking: an integer that every update raises. An update of a row that somebody else has updated
  /// meanwhile throws Error (busy).
  Column& version() {
    info_.version = true;
    return *this;
  }

 private:
  Column& references(const detail::Reference& reference);
  detail::ColumnInfo& info_;
};

/// More about a relation; what each call returns is the same again.
class Relation {
 public:
  explicit Relation(detail::RelationInfo& info) : info_(info) {}
  /// When its objects come; lazy unless said.
  Relation& loading(detail::Loading loading) {
    info_.loading = loading;
    return *this;
  }
  /// What becomes of them with the object that has them; none unless said.
  Relation& cascade(Cascade cascade) {
    info_.cascade = cascade;
    return *this;
  }

 private:
  detail::RelationInfo& info_;
};

using detail::Loading;

namespace detail {

/// Mapping, for no type: what describes an entity is compiled once.
class EntityBuilder {
 public:
  explicit EntityBuilder(Entity& entity) : entity_(entity) {}

  void table(std::string_view name);
  /// An SQL condition on several columns that each row must meet.
  void check(std::string_view condition);

 protected:
  Column add_column(std::string_view name, std::size_t offset, const FieldType& type);
  Relation add_relation(const RelationInfo& relation);
  /// Of the relation added last.
  void link_by(std::string_view table, std::string_view our_column, std::string_view their_column);
  void add_index(std::string_view name, std::vector<std::size_t> offsets, bool unique);
  void add_reference(CompositeReference reference);
  void add_hook(Hook hook);

 private:
  Entity& entity_;
};

}  // namespace detail

/// What `describe` fills in.
///
///     struct User { std::int64_t id = 0; std::string name; orm::Many<Book> books; };
///
///     void describe(orm::Mapping<User>& user) {       // beside the struct, in its namespace
///       user.table("user");
///       user.column("id", &User::id).primary_key();
///       user.column("name", &User::name).length(20);
///       user.has_many(&User::books, &Book::user_id);
///     }
template <class T>
class Mapping : public detail::EntityBuilder {
 public:
  using EntityBuilder::EntityBuilder;

  template <class F>
  Column column(std::string_view name, F T::* field) {
    static_assert(detail::is_kept<F>, "the ORM cannot keep this type: specialise posthouse::sql::Type for it");
    if constexpr (detail::is_kept<F>) {
      return add_column(name, detail::offset_of(field), detail::field_type<F>);
    } else {
      return add_column(name, 0, detail::field_type<int>);
    }
  }
  /// Each object of `field` refers to this one by `key`.
  template <class Other, class K>
  Relation has_many(Many<Other> T::* field, K Other::* key) {
    return relate<Other>(detail::RelationKind::has_many, field, detail::offset_of(key));
  }
  template <class Other, class K>
  Relation has_one(One<Other> T::* field, K Other::* key) {
    return relate<Other>(detail::RelationKind::has_one, field, detail::offset_of(key));
  }
  /// This object refers to that of `field` by `key`, a column of its own.
  template <class Other, class K>
  Relation belongs_to(One<Other> T::* field, K T::* key) {
    return relate<Other>(detail::RelationKind::belongs_to, field, detail::offset_of(key));
  }
  /// Pairs of keys in a table of their own, which create_all makes.
  template <class Other>
  Relation many_to_many(Many<Other> T::* field, std::string_view table, std::string_view our_column,
                        std::string_view their_column) {
    Relation relation = relate<Other>(detail::RelationKind::many_to_many, field, 0);
    link_by(table, our_column, their_column);
    return relation;
  }
  /// No two rows have the same values in all of these columns.
  template <class... Fs>
  void unique(Fs T::*... fields) {
    add_index({}, {detail::offset_of(fields)...}, true);
  }
  /// An index on columns in this order. Its name is the database's own: put the table's name in.
  template <class... Fs>
  void index(std::string_view name, Fs T::*... fields) {
    add_index(name, {detail::offset_of(fields)...}, false);
  }
  template <class... Fs>
  void unique_index(std::string_view name, Fs T::*... fields) {
    add_index(name, {detail::offset_of(fields)...}, true);
  }
  /// A foreign key of several columns:
  ///     book.foreign_key(orm::fields(&Book::owner, &Book::number), orm::fields(&Account::owner, &Account::number));
  template <class Other>
  void foreign_key(FieldList<T> ours, FieldList<Other> theirs, OnDelete on_delete = OnDelete::restrict,
                   OnUpdate on_update = OnUpdate::restrict) {
    add_reference(
        {std::move(ours.offsets), &detail::entity_of<Other>, std::move(theirs.offsets), on_delete, on_update});
  }
  /// Calls `hook` with each object at that moment. It may change the object (after_insert and after_update: what it
  /// changes is written by the next flush), and must not use the session. What it throws comes out of the call that
  /// wrote or read. Statements of many rows (Query::update, Query::remove) call none.
  ///
  ///     user.on(orm::Event::before_update, [](User& changed) { changed.edited = now(); });
  template <class F>
  void on(Event event, F hook) {
    add_hook({event, [hook = std::move(hook)](void* object) mutable { hook(*static_cast<T*>(object)); }});
  }

 private:
  template <class Other>
  Relation relate(detail::RelationKind kind, Many<Other> T::* field, std::size_t key_offset) {
    const std::size_t offset = detail::offset_of(field);
    return add_relation({kind, offset, &detail::entity_of<T>, &detail::entity_of<Other>, key_offset,
                         &detail::refs_access<Other>, offset + Many<Other>::refs_offset()});
  }
  template <class Other>
  Relation relate(detail::RelationKind kind, One<Other> T::* field, std::size_t key_offset) {
    return add_relation({kind, detail::offset_of(field), &detail::entity_of<T>, &detail::entity_of<Other>, key_offset});
  }
};

namespace detail {

/// Checks and completes what describe() said. Throws sql::Error (usage) for what cannot be: no primary key, a relation
/// by a field that is no column.
void complete(Entity& entity);

/// What `describe` says of an entity, completed.
Entity described(void (*describe)(Entity&), std::shared_ptr<void> (*make)(Arena&));

template <class T>
concept Described = std::is_class_v<T> && requires(Mapping<T>& mapping) { describe(mapping); };

template <class T>
const Entity& entity_of() {
  static const Entity entity = described(
      [](Entity& empty) {
        if constexpr (Described<T>) {
          Mapping<T> mapping(empty);
          describe(mapping);
        } else {
          static_assert(sql::OrmGate::never<T>,
                        "this struct is not mapped: void describe(orm::Mapping<T>&) is missing beside it");
        }
      },
      &make_in<T>);
  return entity;
}

}  // namespace detail
}  // namespace posthouse::orm
