#pragma once
// Fields that stand for rows of other tables.
#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "posthouse/orm/mapping/entity.h"

namespace posthouse::orm {

/// An object of the ORM. Sessions and relations share it.
template <class T>
using Ref = std::shared_ptr<T>;

namespace detail {

/// What Many and One have in common: where their objects come from, and who is told of changes.
class RelationField {
 public:
  RelationField() = default;
  // A copy of a struct is not the object of the session: it does not load by itself.
  RelationField(const RelationField& other) noexcept : loaded_(other.loaded_) {}
  RelationField& operator=(const RelationField& other) noexcept {
    loaded_ = other.loaded_;
    return *this;
  }

  bool loaded() const noexcept { return loaded_; }

 protected:
  friend struct RelationInfo;
  ~RelationField() = default;
  /// Loads when that has not happened and can. Throws Error when it must not (Loading::raise) or cannot (the session
  /// is gone).
  void need() const {
    if (!loaded_) {
      load();
    }
  }
  /// The session sets keys and the relation's other side. False when it was there already.
  bool joined_by(const std::shared_ptr<void>& object) const;
  /// Before it goes. Throws Error (usage) when `object` cannot be without the one it belongs to.
  void left_by(const std::shared_ptr<void>& object) const;

  // Mutable: to be loaded at the first look does not change what the object is.
  mutable RelationSession* session_ = nullptr;
  mutable const RelationInfo* relation_ = nullptr;
  mutable bool loaded_ = false;
  mutable bool linked_ = false;  // of a One: set from the other side, which knows it

 private:
  void load() const;
  void* owner() const;
};

template <class T>
inline constexpr RefsAccess refs_access{
    [](const void* refs) { return static_cast<const std::vector<Ref<T>>*>(refs)->size(); },
    [](void* refs, std::size_t size) { static_cast<std::vector<Ref<T>>*>(refs)->resize(size); },
    [](const void* refs, std::size_t index) -> void* {
      return (*static_cast<const std::vector<Ref<T>>*>(refs))[index].get();
    },
    [](const void* refs, std::size_t index) -> std::shared_ptr<void> {
      return (*static_cast<const std::vector<Ref<T>>*>(refs))[index];
    },
    [](void* refs, std::size_t index, std::shared_ptr<void> object) -> std::shared_ptr<void> {
      Ref<T> other = std::static_pointer_cast<T>(std::move(object));
      other.swap((*static_cast<std::vector<Ref<T>>*>(refs))[index]);
      return other;
    }};

/// What Many does that is the same for all types, with a vector of references that is `access`ed so.
class ManyField : public RelationField {
 protected:
  void add_to(const RefsAccess& access, void* refs, std::shared_ptr<void> object);
  void remove_from(const RefsAccess& access, void* refs, const std::shared_ptr<void>& object);
};

/// What One does that is the same for all types.
class OneField : public RelationField {
 protected:
  friend struct RelationInfo;
  OneField() = default;
  explicit OneField(std::shared_ptr<void> object) : object_(std::move(object)) { loaded_ = true; }
  OneField(const OneField&) = default;
  OneField& operator=(const OneField&) = default;
  ~OneField() = default;

  void assign(std::shared_ptr<void> object);
  std::shared_ptr<void> object() const;
  void* pointer() const;

 private:
  mutable std::shared_ptr<void> object_;
  // Once the session is gone, so that two that refer to each other do not live for ever.
  mutable std::weak_ptr<void> loose_;
};

/// The index of `object` among the references; their number when it is none of them.
std::size_t index_in(const RefsAccess& access, const void* refs, const void* object);
void append_to(const RefsAccess& access, void* refs, std::shared_ptr<void> object);
void take_out_of(const RefsAccess& access, void* refs, const void* object);
/// They are these, which are moved from.
void set_refs(const RefsAccess& access, void* refs, std::span<std::shared_ptr<void>> objects);

}  // namespace detail

/// The objects on the many-side of a relation. Loads itself when it is first looked at, unless the query brought it.
///
///     struct User { std::int64_t id = 0; std::string name; orm::Many<Book> books; };
///     for (const auto& book : user->books) std::cout << book->title << '\n';
///     user->books.add(orm::make<Book>(…));   // kept by the next flush
///
/// In a session both sides follow: a book that is added has its foreign key, and its One<User>, set.
template <class T>
class Many : public detail::ManyField {
 public:
  auto begin() const { return items().begin(); }
  auto end() const { return items().end(); }
  std::size_t size() const { return items().size(); }
  bool empty() const { return items().empty(); }
  const Ref<T>& operator[](std::size_t index) const { return items().at(index); }
  const std::vector<Ref<T>>& items() const {
    need();
    return items_;
  }
  bool contains(const Ref<T>& object) const {
    need();
    return detail::index_in(detail::refs_access<T>, &items_, object.get()) != items_.size();
  }
  /// Nothing when it is there already.
  void add(Ref<T> object) { add_to(detail::refs_access<T>, &items_, std::move(object)); }
  /// Takes it out of the relation; nothing when it is not there. Of a many-to-many, the next flush deletes the link; of
  /// a has_many the object's foreign key is NULL then, or it goes with Cascade::orphans. Throws Error (usage) when
  /// neither can be.
  void remove(const Ref<T>& object) { remove_from(detail::refs_access<T>, &items_, object); }

 private:
  template <class Owner>
  friend class Mapping;
  static std::size_t refs_offset() noexcept { return std::bit_cast<std::size_t>(&Many::items_); }
  mutable std::vector<Ref<T>> items_;
};

/// The one object a relation leads to, or none. Loads itself when it is first looked at.
///
/// In a session both sides follow: `book->user = ann` sets the book's foreign key, and puts the book among Ann's books.
template <class T>
class One : public detail::OneField {
 public:
  One() = default;
  One(Ref<T> object) : OneField(std::move(object)) {}  // NOLINT: as a pointer
  One(const One&) = default;
  ~One() = default;
  /// Throws Error (usage) when the object that had the old one, or has this one, cannot be without.
  One& operator=(Ref<T> object) {
    assign(std::move(object));
    return *this;
  }
  /// The other's object, if the other is loaded.
  One& operator=(const One& other) {
    if (other.loaded_ && this != &other) {
      assign(other.object());
    }
    return *this;
  }
  Ref<T> get() const { return std::static_pointer_cast<T>(object()); }
  /// The object must be alive: see Session on what lives how long.
  T* operator->() const { return static_cast<T*>(pointer()); }
  T& operator*() const { return *static_cast<T*>(pointer()); }
  explicit operator bool() const { return pointer() != nullptr; }
};

}  // namespace posthouse::orm
