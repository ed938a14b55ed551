#pragma once
// How a struct says what it is in the database.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/orm/relation.h"

namespace posthouse::orm {

namespace detail {

/// Where in a T the field is. (T can be made without arguments: rows are read into such objects.)
template <class T, class F>
std::size_t offset_of(F T::*field) {
  static const T sample{};
  return static_cast<std::size_t>(reinterpret_cast<const char*>(&(sample.*field)) -
                                  reinterpret_cast<const char*>(&sample));
}

template <class T>
const Entity& entity_of();

/// Types of fields that a column can keep.
template <class F>
inline constexpr bool is_kept = std::is_arithmetic_v<F> || std::is_enum_v<F> || std::is_same_v<F, std::string> ||
                                std::is_same_v<F, sql::Blob> || sql::detail::HasType<F>;
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
  Column& sql_type(std::string type) {
    info_.type_sql = std::move(type);
    return *this;
  }
  Column& sql_type(std::string_view engine, std::string type) {
    (engine == "sqlite" ? info_.sqlite_type : info_.mariadb_type) = std::move(type);
    return *this;
  }
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
  Column& default_sql(std::string expression) {
    info_.default_sql = std::move(expression);
    return *this;
  }
  /// An SQL expression the database takes when the field, a std::optional, is empty at insert; the session then reads
  /// what it came to.
  Column& server_default(std::string expression) {
    info_.from_server = true;
    return default_sql(std::move(expression));
  }
  /// An SQL condition each row must meet.
  Column& check(std::string condition) {
    info_.check = std::move(condition);
    return *this;
  }
  /// A foreign key: the value is one of that field of the other entity's rows.
  template <class Other, class F>
  Column& references(F Other::*field, OnDelete on_delete = OnDelete::restrict,
                     OnUpdate on_update = OnUpdate::restrict) {
    info_.references = detail::Reference{&detail::entity_of<Other>, detail::offset_of(field), on_delete, on_update};
    return *this;
  }
  /// Optimistic locking: an integer that every update raises. An update of a row that somebody else has updated
  /// meanwhile is an Error (stale).
  Column& version() {
    info_.version = true;
    return *this;
  }

 private:
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
class Mapping {
 public:
  explicit Mapping(detail::Entity& entity) : entity_(entity) {}

  void table(std::string name) { entity_.table = std::move(name); }
  template <class F>
  Column column(std::string name, F T::*field) {
    if constexpr (detail::is_kept<F>) {
      entity_.columns.push_back({std::move(name), detail::offset_of(field), &detail::field_type<F>});
    } else {
      static_assert(detail::is_kept<F>, "the ORM cannot keep this type: specialise posthouse::sql::Type for it");
    }
    return Column(entity_.columns.back());
  }
  /// Each object of `field` refers to this one by `key`.
  template <class Other, class K>
  Relation has_many(Many<Other> T::*field, K Other::*key) {
    return relate<Other>(detail::RelationKind::has_many, field, detail::offset_of(key));
  }
  template <class Other, class K>
  Relation has_one(One<Other> T::*field, K Other::*key) {
    return relate<Other>(detail::RelationKind::has_one, field, detail::offset_of(key));
  }
  /// This object refers to that of `field` by `key`, a column of its own.
  template <class Other, class K>
  Relation belongs_to(One<Other> T::*field, K T::*key) {
    return relate<Other>(detail::RelationKind::belongs_to, field, detail::offset_of(key));
  }
  /// Pairs of keys in a table of their own, which create_all makes.
  template <class Other>
  Relation many_to_many(Many<Other> T::*field, std::string table, std::string our_column, std::string their_column) {
    Relation relation = relate<Other>(detail::RelationKind::many_to_many, field, 0);
    detail::RelationInfo& info = entity_.relations.back();
    info.link_table = std::move(table);
    info.link_owner = std::move(our_column);
    info.link_target = std::move(their_column);
    return relation;
  }
  /// An SQL condition on several columns that each row must meet.
  void check(std::string condition) { entity_.checks.push_back(std::move(condition)); }
  /// No two rows have the same values in all of these columns.
  template <class... Fs>
  void unique(Fs T::*... fields) {
    entity_.indexes.push_back({{}, {detail::offset_of(fields)...}, true});
  }
  /// An index on columns in this order. Its name is the database's own: put the table's name in.
  template <class... Fs>
  void index(std::string name, Fs T::*... fields) {
    entity_.indexes.push_back({std::move(name), {detail::offset_of(fields)...}, false});
  }
  template <class... Fs>
  void unique_index(std::string name, Fs T::*... fields) {
    entity_.indexes.push_back({std::move(name), {detail::offset_of(fields)...}, true});
  }
  /// A foreign key of several columns:
  ///     book.foreign_key(orm::fields(&Book::owner, &Book::number), orm::fields(&Account::owner, &Account::number));
  template <class Other>
  void foreign_key(FieldList<T> ours, FieldList<Other> theirs, OnDelete on_delete = OnDelete::restrict,
                   OnUpdate on_update = OnUpdate::restrict) {
    entity_.references.push_back(
        {std::move(ours.offsets), &detail::entity_of<Other>, std::move(theirs.offsets), on_delete, on_update});
  }
  /// Calls `hook` with each object at that moment. It may change the object (after_insert and after_update: what it
  /// changes is written by the next flush), and must not use the session. What it throws comes out of the call that
  /// wrote or read. Statements of many rows (Query::update, Query::remove) call none.
  ///
  ///     user.on(orm::Event::before_update, [](User& changed) { changed.edited = now(); });
  template <class F>
  void on(Event event, F hook) {
    entity_.hooks.push_back(
        {event, [hook = std::move(hook)](void* object) mutable { hook(*static_cast<T*>(object)); }});
  }

 private:
  template <class Other, class Field>
  Relation relate(detail::RelationKind kind, Field T::*field, std::size_t key_offset) {
    entity_.relations.push_back({kind, detail::offset_of(field), &detail::entity_of<T>, &detail::entity_of<Other>,
                                 &detail::AccessTo<Field>::access, key_offset});
    return Relation(entity_.relations.back());
  }

  detail::Entity& entity_;
};

namespace detail {

/// Checks and completes what describe() said. Throws sql::Error (usage) for what cannot be: no primary key, a relation
/// by a field that is no column.
void complete(Entity& entity);

template <class T>
concept Described = std::is_class_v<T> && requires(Mapping<T>& mapping) {
  describe(mapping);
};

template <class T>
const Entity& entity_of() {
  static const Entity entity = [] {
    Entity described;
    if constexpr (Described<T>) {
      described.columns.reserve(64);
      described.relations.reserve(64);
      described.make = &make_in<T>;
      Mapping<T> mapping(described);
      describe(mapping);
      complete(described);
    } else {
      static_assert(sql::detail::never<T>,
                    "this struct is not mapped: void describe(orm::Mapping<T>&) is missing beside it");
    }
    return described;
  }();
  return entity;
}

}  // namespace detail
}  // namespace posthouse::orm
