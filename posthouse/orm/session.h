#pragma once
// A conversation with the database by objects: identity map and unit of work.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "posthouse/orm/engine.h"
#include "posthouse/orm/identity_map.h"
#include "posthouse/orm/selection.h"

namespace posthouse::orm {

template <class T>
class Query;

/// An object for add() or a relation.
template <class T>
Ref<T> make(T object = {}) {
  return std::make_shared<T>(std::move(object));
}

/// Objects read and made in it are written back by flush() and commit(). Used by one fiber or thread at a time; holds
/// one connection, and a transaction from its first statement to commit() or rollback().
///
///     orm::Session session(engine);
///     auto bob = session.add(User{.name = "Bob"});
///     session.commit();                                  // bob->id is known now
///     auto user = session.query<User>().filter(orm::col(&User::id) == bob->id).one();
///     user->name = "Robert";
///     session.commit();                                  // an UPDATE
///
/// One row is one object: a query that finds it again gives the same object, as it is, changed or not. What was changed
/// is found by comparing a fingerprint of each object with that of its row; an UPDATE then writes all columns. Queries
/// flush first, so that they see what was changed.
///
/// Objects live as long as the session, and after it as long as somebody refers to them. Then they are plain structs,
/// whose relations no longer load. Since two objects that keep each other would live for ever, one that belongs to
/// another (belongs_to) no longer keeps it alive then, and many-to-many relations are kept on one side only: that whose
/// table's name comes first.
///
/// Errors are sql::Error. After one, rollback().
class Session {
 public:
  explicit Session(Engine& engine);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Undoes what was not committed.
  ~Session();

  /// Keeps a new object: an INSERT at the next flush, with all new objects its relations lead to.
  template <class T>
  Ref<T> add(T object) {
    return add(std::make_shared<T>(std::move(object)));
  }
  template <class T>
  Ref<T> add(Ref<T> object) {
    add_object(detail::entity_of<T>(), object);
    return object;
  }
  template <class Range>
  void add_all(Range&& objects) {
    for (auto& object : objects) add(object);
  }
  /// The object with this primary key (its columns in the order of describe()), null when there is none. No statement
  /// when the session has it.
  template <class T, class... Keys>
  Ref<T> get(const Keys&... keys) {
    return std::static_pointer_cast<T>(get_object(detail::entity_of<T>(), {detail::value_of(keys)...}));
  }
  /// Deletes its row at the next flush.
  template <class T>
  void remove(const Ref<T>& object) {
    remove_object(detail::entity_of<T>(), object);
  }
  /// Reads its row again; what was changed in the object is lost. Error no_row when the row is gone.
  template <class T>
  void refresh(const Ref<T>& object) {
    refresh_object(detail::entity_of<T>(), object);
  }
  /// Lets go of it: it is no longer written back.
  template <class T>
  void expunge(const Ref<T>& object) {
    expunge_object(detail::entity_of<T>(), object.get());
  }

  template <class T>
  Query<T> query() {
    return Query<T>(*this);
  }

  /// Writes what is new, changed and removed, in an order that foreign keys allow. Stays in the transaction.
  void flush();
  /// flush(), and makes all of it permanent.
  void commit();
  /// Undoes all since the last commit(), and lets go of all objects.
  void rollback();

  /// The connection, for SQL of one's own.
  sql::Connection& connection() { return *connection_; }
  /// How many statements it has run: a loop that raises it is the N+1 problem.
  std::uint64_t statements() const noexcept { return statements_; }

  // For queries and relations.
  std::vector<std::shared_ptr<void>> select(const detail::Selection& selection);
  std::int64_t count(const detail::Selection& selection);
  std::int64_t change(const detail::Selection& selection, const std::string& verb, const std::string& what,
                      std::vector<sql::Value> values);
  void load(const detail::RelationInfo& relation, void* owner);

 private:
  struct Pending {
    const detail::Entity* entity;
    std::shared_ptr<void> object;
  };

  sql::detail::Run start(const std::string& sql);
  void add_object(const detail::Entity& entity, std::shared_ptr<void> object);
  std::shared_ptr<void> get_object(const detail::Entity& entity, const std::vector<sql::Value>& key);
  void remove_object(const detail::Entity& entity, const std::shared_ptr<void>& object);
  void refresh_object(const detail::Entity& entity, const std::shared_ptr<void>& object);
  void expunge_object(const detail::Entity& entity, const void* object);
  void attach(const detail::Entity& entity, void* object, Session* session);
  void let_go(const detail::Entity& entity, void* object);
  std::shared_ptr<void> take_row(const detail::Entity& entity, const sql::detail::Run& run, bool overwrite = false);

  void gather_new();
  void gather_related(const detail::Entity& entity, const void* object);
  void set_keys(const detail::Entity& entity, void* object);
  void set_children_keys(const detail::Entity& entity, const void* object);
  void insert(const Pending& pending);
  void update(const detail::Entity& entity, detail::Persistent& persistent);
  void erase(const Pending& removed);
  void write_links();
  void write_links(const detail::RelationInfo& relation, void* owner);
  std::vector<std::shared_ptr<void>> fetch(const detail::Selection& selection);
  void fill(const detail::RelationInfo& relation, const std::vector<void*>& owners);
  void load_children(const detail::RelationInfo& relation, const std::vector<void*>& owners);
  void load_parents(const detail::RelationInfo& relation, const std::vector<void*>& owners);
  void load_linked(const detail::RelationInfo& relation, const std::vector<void*>& owners);

  sql::Pool::Lease connection_;
  std::uint64_t statements_ = 0;
  detail::IdentityMap objects_;
  std::vector<Pending> new_;
  std::vector<Pending> removed_;
  // Of loaded many-to-many relations: the keys of the links that the database has.
  std::unordered_map<const void*, std::vector<std::string>> links_;
};

}  // namespace posthouse::orm

#include "posthouse/orm/query.h"  // IWYU pragma: export
