#pragma once
// Entities: plain structs mapped to tables. What describe() said, kept for run time. Private to this module; programs
// include mapping.h.
//
// Terms. A *field* is a member of the struct at an offset. A *column* is a field kept in the entity's own table. A
// *relation* is a field that stands for rows of another table.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/orm/mapping/arena.h"
#include "posthouse/orm/mapping/field.h"

namespace posthouse::orm {

/// What the database does with rows that refer to one that goes.
enum class OnDelete : std::uint8_t { restrict, cascade, set_null };
/// The same when the key that they refer to is changed.
enum class OnUpdate : std::uint8_t { restrict, cascade, set_null };

/// What happens to the objects of a has_many or has_one when the session removes the one that has them.
enum class Cascade : std::uint8_t {
  none,    ///< nothing; the foreign key's OnDelete decides in the database
  remove,  ///< they are removed too, each by a statement of its own, after their hooks
  orphans  ///< as remove; and one that is taken out of the relation is removed
};

/// When a hook is called.
enum class Event : std::uint8_t {
  before_insert,
  after_insert,
  before_update,
  after_update,
  before_remove,
  after_remove,
  after_load
};

namespace detail {

struct Entity;
struct RelationInfo;

/// What a relation asks of the session that has its object.
class RelationSession {
 public:
  /// Loads the objects of the relation that `owner` has.
  virtual void load(const RelationInfo& relation, void* owner) = 0;
  /// Sets keys and the other side for an object that joins. False when it was there already.
  virtual bool relate(const RelationInfo& relation, void* owner, const std::shared_ptr<void>& object) = 0;
  /// The same for one that leaves. Throws Error (usage) when it cannot be without `owner`.
  virtual void unrelate(const RelationInfo& relation, void* owner, const std::shared_ptr<void>& object) = 0;

 protected:
  ~RelationSession() = default;
};

using EntityGetter = const Entity& (*)();

/// The column of another entity that a column refers to.
struct Reference {
  EntityGetter entity = nullptr;
  std::size_t offset = 0;  ///< of the field referred to
  OnDelete on_delete = OnDelete::restrict;
  OnUpdate on_update = OnUpdate::restrict;
};

/// A foreign key of several columns.
struct CompositeReference {
  std::vector<std::size_t> offsets;  ///< of our fields
  EntityGetter entity = nullptr;
  std::vector<std::size_t> referred;  ///< of the fields referred to, in the same order
  OnDelete on_delete = OnDelete::restrict;
  OnUpdate on_update = OnUpdate::restrict;
};

/// An index that has a name or several columns.
struct IndexSpec {
  std::string name{};  ///< empty: made of the names of table and columns
  std::vector<std::size_t> offsets{};
  bool unique = false;
};

struct ColumnInfo {
  std::string name;
  std::size_t offset;
  const FieldType* type;
  std::size_t length = 255;  ///< of text that can be compared and indexed; 0: long text
  bool primary_key = false;
  bool generated = false;  ///< the database gives the value at insert, unless there is one that is not 0
  bool numbered = true;    ///< false: the program gives the key, even where the database could
  bool unique = false;
  bool indexed = false;
  bool version = false;       ///< counts the updates, for optimistic locking
  bool from_server = false;   ///< left out of an INSERT while it is NULL, and read afterwards
  std::string default_sql{};  ///< an expression the engine understands
  std::string check{};
  int digits = 38, scale = 10;                            ///< of a decimal
  std::string type_sql{}, sqlite_type{}, mariadb_type{};  ///< instead of the type chosen by itself
  std::optional<Reference> references{};
};

enum class RelationKind : std::uint8_t { has_many, has_one, belongs_to, many_to_many };

/// When related objects come.
enum class Loading : std::uint8_t {
  lazy,      ///< at the first access: one more statement
  selectin,  ///< with the query: one more statement for all objects it yields
  joined,    ///< with the query, by its own statement
  raise,     ///< never by themselves: the access is an Error
};

/// What cannot be done with a std::vector<std::shared_ptr<T>> without T.
struct RefsAccess {
  std::size_t (*size)(const void* refs);
  void (*resize)(void* refs, std::size_t size);
  void* (*get)(const void* refs, std::size_t index);
  std::shared_ptr<void> (*at)(const void* refs, std::size_t index);
  /// Puts `object` there; returns what was there.
  std::shared_ptr<void> (*exchange)(void* refs, std::size_t index, std::shared_ptr<void> object);
};

struct RelationInfo {
  RelationKind kind;
  std::size_t offset;
  EntityGetter owner;
  EntityGetter target;
  std::size_t key_offset;    ///< has_…: the target's field that refers to us; belongs_to: ours that refers to it
  const RefsAccess* refs{};  ///< of a Many: what its vector is, and where in the owner. A One has none.
  std::size_t refs_offset = 0;
  std::string link_table{};  ///< many_to_many, with its two columns:
  std::string link_owner{}, link_target{};
  Loading loading = Loading::lazy;
  Cascade cascade = Cascade::none;

  bool to_many() const noexcept { return kind == RelationKind::has_many || kind == RelationKind::many_to_many; }
  /// The same relation as the target describes it; null when it does not.
  const RelationInfo* inverse() const;

  // The field of one object, `owner`.
  void attach(void* owner, RelationSession* session) const;
  /// These are its objects now, which are moved from: loaded.
  void set(void* owner, std::span<std::shared_ptr<void>> objects) const;
  bool loaded(const void* owner) const;
  /// A One that was set from the other side.
  bool linked(const void* owner) const;
  /// Of a new object, which has nothing to load.
  void set_loaded(void* owner) const;
  std::size_t size(const void* owner) const;
  bool contains(const void* owner, const void* object) const;
  std::shared_ptr<void> at(const void* owner, std::size_t index) const;
  /// One object more (a One: another one), one less; nobody is told.
  void append(void* owner, std::shared_ptr<void> object) const;
  void take_out(void* owner, const void* object) const;
  /// To be loaded again when it is looked at.
  void unload(void* owner) const;
  /// No longer keeps its objects alive: One goes on knowing its object while it lives, Many forgets them.
  void loosen(void* owner) const;
};

struct Hook {
  Event event;
  std::function<void(void*)> run;
};

struct Entity {
  std::string table;
  std::vector<ColumnInfo> columns;
  std::vector<RelationInfo> relations;
  std::vector<std::string> checks;
  std::vector<IndexSpec> indexes{};
  std::vector<CompositeReference> references{};
  std::vector<Hook> hooks{};
  std::size_t key = 0;               ///< index of the primary key's column, if it is one
  std::size_t keys = 0;              ///< how many columns the primary key has
  bool integer_key = false;          ///< the primary key is one column of integers
  std::vector<std::size_t> plain{};  ///< the columns that are no part of the key
  std::shared_ptr<void> (*make)(Arena&) = nullptr;

  const ColumnInfo* column_at(std::size_t offset) const noexcept;
  const ColumnInfo& key_column() const { return columns[key]; }
  const ColumnInfo* version_column() const noexcept;
  const RelationInfo* relation_at(std::size_t offset) const noexcept;
  /// True when the key of `object` is still to be given by the database.
  bool key_is_missing(const void* object) const;
  void call(Event event, void* object) const;
};

inline const void* field_of(const void* object, std::size_t offset) {
  return static_cast<const char*>(object) + offset;
}
inline void* field_of(void* object, std::size_t offset) {
  return static_cast<char*>(object) + offset;
}

}  // namespace detail
}  // namespace posthouse::orm
