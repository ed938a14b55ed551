#pragma once
// A conversation with the database by objects: identity map and unit of work. What query() and select() return is in
// query.h and select.h.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "posthouse/orm/conditions/selection.h"
#include "posthouse/orm/engine.h"

namespace posthouse::orm {

template <class T>
class Query;
template <class... Fs>
class Select;

namespace detail {
class IdentityMap;
class NewObjects;
struct RowPlaces;

/// All of whose values a std::int64_t holds.
template <class V>
inline constexpr bool is_small_integer = std::is_integral_v<V> && (sizeof(V) < 8 || std::is_signed_v<V>);
}  // namespace detail

/// An object for add() or a relation.
template <class T>
[[gnu::noinline]] Ref<T> make(T object = {}) {
  return std::make_shared<T>(std::move(object));
}

struct SessionOptions {
  /// Queries write first what was changed, so that they see it. To find it, every object of the session is looked at,
  /// which for many queries over many thousand objects is slow: then turn it off and call flush() where it is needed.
  bool autoflush = true;
  /// After commit() and rollback(), which end a view of the database, objects have expired: the next query or get() that
  /// finds one reads it again. Turned off, they stay as they are until refresh(), expire() or expire_all().
  bool expire_on_commit = true;
  /// SQLite: how transactions that begin by reading do so; those that begin by writing are immediate anyway. One that
  /// has read and then writes fails at once (Errc::busy) when somebody else has written meanwhile, since what it has
  /// read is no longer so. Where sessions beside each other read and then write, say immediate: each waits for its turn
  /// (ConnectOptions::busy_timeout).
  sql::TransactionMode mode = sql::TransactionMode::deferred;
};

/// Objects read and made in it are written back by flush() and commit(). Used by one fiber or thread at a time; holds
/// one connection, and a transaction from its first statement to commit() or rollback().
///
///     orm::Session session(engine);
///     auto bob = session.add(User{.name = "Bob"});
///     session.commit();                                  // bob->id is known now
///     auto user = session.query<User>().filter(orm::col(&User::id) == bob->id).one();
///     user->name = "Robert";
///     session.commit();                                  // an UPDATE of the name
///
/// One row is one object: a query that finds it again gives the same object, as it is, changed or not. What was changed
/// is found by comparing a fingerprint of each field with that of its column; an UPDATE writes the columns that differ.
/// The primary key of an object must not be changed: the next flush throws Error (usage).
///
/// After commit() and rollback() objects have expired (SessionOptions::expire_on_commit): the next query or get() that
/// finds one gives it the columns as they are now, and its relations load again. Since objects are plain structs, what
/// one that is only held shows is as old as its last reading; what was changed in one since is written, not read over.
///
/// Relations are written with the objects: what is added to one is kept, foreign keys are set, and so is the relation's
/// other side. They are loaded as the database has them, without a flush of changed objects before.
///
/// Objects live as long as the session, and after it as long as somebody refers to them. Then they are plain structs,
/// whose relations no longer load. Since two objects that keep each other would live for ever, one that belongs to
/// another (belongs_to) no longer keeps it alive then, and many-to-many relations are kept on one side only: that whose
/// table's name comes first.
///
/// Throws sql::Error. Where writing failed, part of what belongs together may be in the transaction: from then on all but
/// rollback() throws Error (usage), which says what had failed, so that nothing half done is committed. A session over
/// somebody else's connection is of no use then; that connection's transaction should be rolled back.
class Session final : private detail::RelationSession {
 public:
  /// Waits for a connection as Pool::take, whose error names `where`.
  explicit Session(Engine& engine, SessionOptions options = {}, SourceLocation where = SourceLocation::current());
  /// Over a connection, which outlives it, and whose transactions are somebody else's: flush() writes; commit() and
  /// rollback() throw Error (usage).
  explicit Session(sql::Connection& connection, SessionOptions options = {});
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Undoes what was not committed.
  ~Session();

  /// Keeps a new object: an INSERT at the next flush, with all new objects its relations lead to.
  template <class T>
  Ref<T> add(T object) {
    return add(make(std::move(object)));
  }
  template <class T>
  Ref<T> add(Ref<T> object) {
    add_object(detail::entity_of<T>(), object);
    return object;
  }
  template <class Range>
  void add_all(Range&& objects) {
    for (auto& object : objects) {
      add(object);
    }
  }
  /// The object with this primary key (its columns in the order of describe()), null when there is none. No statement
  /// when the session has it and it has not expired.
  template <class T, class... Keys>
  Ref<T> get(const Keys&... keys) {
    static_assert(sizeof...(Keys) > 0, "get() wants the primary key");
    const detail::Entity& entity = detail::entity_of<T>();
    if constexpr (sizeof...(Keys) == 1 && (detail::is_small_integer<Keys> && ...)) {
      return std::static_pointer_cast<T>(get_object(entity, (static_cast<std::int64_t>(keys), ...)));
    } else {
      return std::static_pointer_cast<T>(get_object(entity, std::vector<sql::Value>{detail::value_of(keys)...}));
    }
  }
  /// Deletes its row at the next flush, after what its relations' Cascade says goes with it, and before rows it refers
  /// to that go too; where rows refer to each other in a circle, a key that may be NULL is set to that first. When an
  /// object with the same primary key is new in that flush, the row is not deleted: an UPDATE gives it the new columns.
  /// Rows that the database itself deletes with it (OnDelete::cascade) are not noticed: expunge() objects of them.
  template <class T>
  void remove(const Ref<T>& object) {
    remove_object(detail::entity_of<T>(), object);
  }
  /// Reads its row again, and its relations when they are next looked at; what was changed in the object is lost. Error
  /// no_row when the row is gone.
  template <class T>
  void refresh(const Ref<T>& object) {
    refresh_object(detail::entity_of<T>(), object);
  }
  /// The next query or get() that finds it reads it again, without losing what was changed in it.
  template <class T>
  void expire(const Ref<T>& object) {
    expire_object(detail::entity_of<T>(), object.get());
  }
  /// The same for all objects.
  void expire_all();
  /// Lets go of it: it is no longer written back.
  template <class T>
  void expunge(const Ref<T>& object) {
    expunge_object(detail::entity_of<T>(), object.get());
  }
  /// Gives the columns of `object` to the session's object with the same primary key, which is read where the session
  /// does not have it, or new where there is no such row. Returns that one; relations are not looked at.
  template <class T>
  Ref<T> merge(const T& object) {
    const detail::Entity& entity = detail::entity_of<T>();
    if (const std::shared_ptr<void> known = known_or_read(entity, &object)) {
      copy_columns(entity, &object, known.get());
      return std::static_pointer_cast<T>(known);
    }
    Ref<T> fresh = std::make_shared<T>();
    copy_columns(entity, &object, fresh.get());
    return add(std::move(fresh));
  }
  /// Inserts a row, or, where one has the same primary key, or the same values in the columns `unique` (which a UNIQUE
  /// constraint must cover), gives it the other columns: one statement, so that nobody comes between. Returns the
  /// session's object of the row, as the database has it now. MariaDB goes by every UNIQUE constraint of the table.
  ///
  ///     session.upsert(User{.email = "ann@example.com", .name = "Ann"}, &User::email);
  template <class T, class... Fs>
  Ref<T> upsert(const T& object, Fs T::*... unique) {
    return std::static_pointer_cast<T>(upsert_object(detail::entity_of<T>(), &object, {detail::offset_of(unique)...}));
  }

  template <class T>
  Query<T> query() {
    return Query<T>(*this);
  }
  /// A query for columns and what is computed of them instead of objects; rows are tuples, or single values.
  ///
  ///     for (auto [name, books] : session.select(orm::col(&User::name), orm::count())
  ///                                   .join(&User::books).group_by(orm::col(&User::name)).all()) …
  template <class... Fs>
  Select<Fs...> select(const Expr<Fs>&... columns) {
    return Select<Fs...>(*this, {columns.expression()...});
  }
  /// The objects of rows that a statement of one's own yields. Its columns are found by name: all of T's must be among
  /// them (or Error, usage, is thrown). Parameters as Connection::query.
  ///
  ///     session.from_sql<User>("select * from user where name regexp ?", "^A");
  template <class T, class... Args>
  std::vector<Ref<T>> from_sql(const std::string& sql, const Args&... args) {
    if (options_.autoflush) {
      flush();
    }
    sql::OrmGate::Run run = start(sql);
    run.bind(true, args...);
    return typed<T>(objects_of(detail::entity_of<T>(), run));
  }

  /// Writes what is new, changed and removed, in an order that foreign keys allow. Stays in the transaction.
  void flush();
  /// flush(), and makes all of it permanent. Throws Error (lost) where the transaction has ended by itself since
  /// something was written, as it does when the connection breaks.
  void commit();
  /// Undoes all since the last commit(). Objects new since then are let go, with the keys the database had given them
  /// taken off; those that were changed are read again, those that were removed are back; relations load anew. When
  /// reading fails, all objects are let go and the Error is thrown.
  void rollback();

  /// The connection, for SQL of one's own.
  sql::Connection& connection() { return *connection_; }
  /// How many statements it has run: a loop that raises it is the N+1 problem. A statement for many rows counts once.
  std::uint64_t statements() const noexcept { return statements_; }
  const SessionOptions& options() const noexcept { return options_; }

  // For queries and relations.
  template <class T>
  static std::vector<Ref<T>> typed(std::vector<std::shared_ptr<void>> objects) {
    std::vector<Ref<T>> found;
    detail::set_refs(detail::refs_access<T>, &found, objects);
    return found;
  }
  std::vector<std::shared_ptr<void>> objects(const detail::Selection& selection);
  /// A run of the query, begun.
  sql::OrmGate::Run run(const detail::SqlText& text);
  std::int64_t number(const detail::SqlText& text);
  std::int64_t update_rows(const detail::Selection& selection, const std::vector<Assignment>& assignments);
  std::int64_t remove_rows(const detail::Selection& selection);
  /// The object of the current row of a stream, which is not kept.
  std::shared_ptr<void> passing(const detail::Entity& entity, const sql::OrmGate::Run& run);

 private:
  using Object = std::shared_ptr<void>;
  /// Why a row is read. An object that the session has gets its columns anew `again` in any case, else if it has expired
  /// and was not changed; for a `query` its relations are loaded again too. For a `relation` they are not: what was done
  /// to them may not be written yet.
  enum class Reading : std::uint8_t { query, relation, again };
  struct Pending {
    const detail::Entity* entity;
    Object object;
  };
  struct LinkChange {
    const detail::RelationInfo* relation;
    Object owner, target;
    bool add;
  };
  struct Batch;

  // session/load.cc and session/relate.cc: what relations ask for.
  void load(const detail::RelationInfo& relation, void* owner) override;
  bool relate(const detail::RelationInfo& relation, void* owner, const std::shared_ptr<void>& object) override;
  void unrelate(const detail::RelationInfo& relation, void* owner, const std::shared_ptr<void>& object) override;

  // session.cc: reading, and which object stands for which row.
  void begin(sql::TransactionMode mode);
  sql::OrmGate::Run start(const std::string& sql);
  detail::IdentityMap& map_of(const detail::Entity& entity);
  Object get_object(const detail::Entity& entity, std::int64_t key);
  Object get_object(const detail::Entity& entity, const std::vector<sql::Value>& values);
  Object known_or_read(const detail::Entity& entity, const void* like);
  Object known_or_read_again(detail::IdentityMap& map, std::uint32_t place);
  static void unload_relations(const detail::Entity& entity, void* object);
  void expire_object(const detail::Entity& entity, const void* object);
  Object read_by_key(const detail::Entity& entity, const void* like, bool overwrite);
  void refresh_object(const detail::Entity& entity, const Object& object);
  void expunge_object(const detail::Entity& entity, const void* object);
  static void copy_columns(const detail::Entity& entity, const void* from, void* to);
  void attach(const detail::Entity& entity, void* object, Session* session);
  void let_go(const detail::Entity& entity, void* object);
  void let_go_of_new();
  void let_go_of_all();
  /// The object for the current row, made if the session does not have it.
  const Object& take_row(detail::IdentityMap& map, const sql::OrmGate::Run& run, const detail::RowPlaces& places,
                         Reading why);

  // session/relate.cc: new objects, and both sides of relations.
  void add_object(const detail::Entity& entity, Object object);
  /// True when it is new.
  bool adopt(const detail::Entity& entity, const Object& object);
  void adopt_related();
  void link_up(const detail::RelationInfo& relation, const Object& owner, bool owner_is_new, const Object& object);
  bool is_related(const detail::RelationInfo& relation, const void* owner, const void* object);
  Object shared(const detail::Entity& entity, const void* object);
  void leave_other_owner(const detail::RelationInfo& inverse, void* object);
  void remove_object(const detail::Entity& entity, const Object& object);
  bool is_new(const void* object) const;

  // session/flush.cc: writing.
  void flush_pending();
  template <class F>
  void write(F&& f);
  void insert_all(const detail::Entity& entity);
  void insert_chain(const detail::Entity& entity, const Object& object, Batch& batch);
  void insert(const detail::Entity& entity, const Object& object, Batch& batch);
  bool start_insert(const detail::Entity& entity, const void* object, Batch& batch);
  void set_keys(const detail::Entity& entity, void* object);
  void set_children_keys(const detail::Entity& entity, const void* object);
  void update_changed();
  void write_changed(detail::IdentityMap& map, std::uint32_t place);
  void update(detail::IdentityMap& map, std::uint32_t place);
  void replace_removed();
  void erase_all();
  void set_key_null(const Pending& of, const detail::ColumnInfo& key);
  void erase(const Pending& removed);
  void leave_all(const Pending& removed);
  void write_links();

  // session/rollback.cc
  void require_own_transaction() const;
  void require_no_failure() const;
  void require_transaction();
  void end_transaction();
  void restore();

  // session/change.cc: statements about many rows.
  std::vector<Object> known_of(const detail::Selection& selection);
  std::int64_t change(const detail::SqlText& text);
  Object upsert_object(const detail::Entity& entity, const void* object, const std::vector<std::size_t>& unique);

  // session/load.cc: objects and relations of many rows.
  std::vector<Object> objects(const detail::Selection& selection, Reading why);
  std::vector<Object> objects_joined(detail::Selection selection,
                                     const std::vector<const detail::RelationInfo*>& joined, Reading why);
  std::vector<Object> objects_of(const detail::Entity& entity, sql::OrmGate::Run& run);
  void load_with(const detail::Selection& selection, const std::vector<Object>& found);
  void fill(const detail::RelationInfo& relation, const std::vector<void*>& owners);
  void load_children(const detail::RelationInfo& relation, const std::vector<void*>& owners);
  void load_parents(const detail::RelationInfo& relation, const std::vector<void*>& owners);
  void load_linked(const detail::RelationInfo& relation, const std::vector<void*>& owners);

  SessionOptions options_;
  std::optional<sql::Pool::Lease> lease_;  // none: the connection is somebody else's
  sql::Connection* connection_;
  std::uint64_t statements_ = 0;
  detail::Arena arena_;  // of the objects of rows
  std::vector<std::unique_ptr<detail::IdentityMap>> maps_;
  int loading_ = 0;  // how many selectin relations deep

  // What the next flush writes.
  std::unique_ptr<detail::NewObjects> new_;
  std::vector<Pending> assigned_;  // belong to something whose key was not known then
  std::vector<LinkChange> links_;
  std::vector<Pending> removed_;

  // What this transaction has done, for rollback().
  bool wrote_ = false;
  std::string failure_;  // what went wrong while it wrote; empty: nothing did
  std::vector<Pending> inserted_, updated_, erased_;
};

}  // namespace posthouse::orm
