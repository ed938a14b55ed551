#pragma once
// Fields that stand for rows of other tables.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "posthouse/orm/entity.h"

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
  ~RelationField() = default;
  /// Loads when that has not happened and can. Throws Error when it must not (Loading::raise) or cannot (the session
  /// is gone).
  void need() const {
    if (!loaded_) load();
  }
  /// The session sets keys and the relation's other side. False when it was there already.
  bool joined_by(const std::shared_ptr<void>& object) const;
  /// Before it goes. Throws Error (usage) when `object` cannot be without the one it belongs to.
  void left_by(const std::shared_ptr<void>& object) const;

  // Mutable: to be loaded at the first look does not change what the object is.
  mutable Session* session_ = nullptr;
  mutable const RelationInfo* relation_ = nullptr;
  mutable bool loaded_ = false;
  mutable bool linked_ = false;  // of a One: set from the other side, which knows it

 private:
  template <class Field>
  friend struct AccessTo;
  void load() const;
  void* owner() const;
};

template <class Field>
struct AccessTo;

}  // namespace detail

/// The objects on the many-side of a relation. Loads itself when it is first looked at, unless the query brought it.
///
///     struct User { std::int64_t id = 0; std::string name; orm::Many<Book> books; };
///     for (const auto& book : user->books) std::cout << book->title << '\n';
///     user->books.add(orm::make<Book>(…));   // kept by the next flush
///
/// In a session both sides follow: a book that is added has its foreign key, and its One<User>, set.
template <class T>
class Many : public detail::RelationField {
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
    return std::any_of(begin(), end(), [&](const Ref<T>& item) { return item == object; });
  }
  /// Nothing when it is there already.
  void add(Ref<T> object) {
    if (session_ != nullptr) {
      need();
      if (!joined_by(object)) return;
    }
    loaded_ = true;
    items_.push_back(std::move(object));
  }
  /// Takes it out of the relation; nothing when it is not there. Of a many-to-many, the next flush deletes the link; of
  /// a has_many the object's foreign key is NULL then, or it goes with Cascade::orphans; Error (usage) when neither can
  /// be.
  void remove(const Ref<T>& object) {
    if (!contains(object)) return;
    const Ref<T> kept = object;  // which may be one of items_
    left_by(kept);
    std::erase(items_, kept);
  }

 private:
  friend struct detail::AccessTo<Many>;
  mutable std::vector<Ref<T>> items_;
};

/// The one object a relation leads to, or none. Loads itself when it is first looked at.
///
/// In a session both sides follow: `book->user = ann` sets the book's foreign key, and puts the book among Ann's books.
template <class T>
class One : public detail::RelationField {
 public:
  One() = default;
  One(Ref<T> object) : object_(std::move(object)) { loaded_ = true; }  // NOLINT: as a pointer
  One(const One&) = default;
  ~One() = default;
  /// Error (usage) when the object that had the old one, or has this one, cannot be without.
  One& operator=(Ref<T> object) {
    if (session_ != nullptr) {
      need();
      const Ref<T> before = get();
      if (before == object) return *this;
      // One that belongs to another goes over to it; one that is had by this is left alone first.
      if (before != nullptr && (object == nullptr || relation_->kind == detail::RelationKind::has_one)) left_by(before);
      if (object != nullptr) joined_by(object);
    }
    loaded_ = true;
    linked_ = session_ != nullptr;
    loose_.reset();
    object_ = std::move(object);
    return *this;
  }
  /// The other's object, if the other is loaded.
  One& operator=(const One& other) {
    if (other.loaded_ && this != &other) *this = other.get();
    return *this;
  }
  Ref<T> get() const {
    need();
    return object_ != nullptr ? object_ : loose_.lock();
  }
  /// The object must be alive: see Session on what lives how long.
  T* operator->() const { return get().get(); }
  T& operator*() const { return *get(); }
  explicit operator bool() const { return get() != nullptr; }

 private:
  friend struct detail::AccessTo<One>;
  mutable Ref<T> object_;
  mutable std::weak_ptr<T>
      loose_;  // once the session is gone, so that two that refer to each other do not live for ever
};

namespace detail {

template <class T>
struct AccessTo<Many<T>> {
  static Many<T>& field(const void* at) { return *static_cast<Many<T>*>(const_cast<void*>(at)); }
  static constexpr RelationAccess access{
      [](void* at, Session* session, const RelationInfo* relation) {
        field(at).session_ = session;
        field(at).relation_ = relation;
      },
      [](void* at, std::span<std::shared_ptr<void>> objects) {
        field(at).items_.clear();
        field(at).items_.reserve(objects.size());
        for (auto& object : objects) field(at).items_.push_back(std::static_pointer_cast<T>(std::move(object)));
        field(at).loaded_ = true;
      },
      [](const void* at) { return field(at).loaded_; },
      [](const void* at) { return field(at).linked_; },
      [](void* at) { field(at).loaded_ = true; },
      [](const void* at) { return field(at).items_.size(); },
      [](const void* at, std::size_t index) -> std::shared_ptr<void> { return field(at).items_[index]; },
      [](void* at, std::shared_ptr<void> object) {
        field(at).items_.push_back(std::static_pointer_cast<T>(std::move(object)));
      },
      [](void* at, const void* object) {
        std::erase_if(field(at).items_, [&](const Ref<T>& item) { return item.get() == object; });
      },
      [](void* at) {
        field(at).items_.clear();
        field(at).loaded_ = false;
      },
      [](void* at) {
        field(at).items_.clear();
        field(at).loaded_ = false;
      }};
};

template <class T>
struct AccessTo<One<T>> {
  static One<T>& field(const void* at) { return *static_cast<One<T>*>(const_cast<void*>(at)); }
  static constexpr RelationAccess access{
      [](void* at, Session* session, const RelationInfo* relation) {
        field(at).session_ = session;
        field(at).relation_ = relation;
      },
      [](void* at, std::span<std::shared_ptr<void>> objects) {
        field(at).object_ = objects.empty() ? nullptr : std::static_pointer_cast<T>(std::move(objects.front()));
        field(at).loaded_ = true;
      },
      [](const void* at) { return field(at).loaded_; },
      [](const void* at) { return field(at).linked_; },
      [](void* at) { field(at).loaded_ = true; },
      [](const void* at) { return std::size_t{field(at).object_ != nullptr ? 1U : 0U}; },
      [](const void* at, std::size_t) -> std::shared_ptr<void> { return field(at).object_; },
      [](void* at, std::shared_ptr<void> object) {
        field(at).object_ = std::static_pointer_cast<T>(std::move(object));
        field(at).loaded_ = field(at).linked_ = true;
      },
      [](void* at, const void* object) {
        if (field(at).object_.get() == object) field(at).object_.reset();
      },
      [](void* at) {
        field(at).object_.reset();
        field(at).loaded_ = false;
      },
      [](void* at) {
        if (field(at).object_ != nullptr) field(at).loose_ = std::exchange(field(at).object_, nullptr);
      }};
};

}  // namespace detail
}  // namespace posthouse::orm
