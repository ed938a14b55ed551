#pragma once
// Fields that stand for rows of other tables.
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "posthouse/orm/entity.h"

namespace posthouse::orm {

/// An object of the ORM. Sessions and relations share it.
template <class T>
using Ref = std::shared_ptr<T>;

namespace detail {

/// What Many and One have in common: where their objects come from.
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
  void need() const;

  // Mutable: to be loaded at the first look does not change what the object is.
  mutable Session* session_ = nullptr;
  mutable const RelationInfo* relation_ = nullptr;
  mutable bool loaded_ = false;

 private:
  template <class Field>
  friend struct AccessTo;
};

template <class Field>
struct AccessTo;

}  // namespace detail

/// The objects on the many-side of a relation. Loads itself when it is first looked at, unless the query brought it.
///
///     struct User { std::int64_t id = 0; std::string name; orm::Many<Book> books; };
///     for (const auto& book : user->books) std::cout << book->title << '\n';
///     user->books.add(orm::make<Book>(…));   // kept by the next flush
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
  void add(Ref<T> object) {
    if (session_ != nullptr) need();
    loaded_ = true;
    items_.push_back(std::move(object));
  }
  /// Takes it out of the relation; of a many-to-many, the next flush deletes the link.
  void remove(const Ref<T>& object) {
    need();
    std::erase(items_, object);
  }

 private:
  friend struct detail::AccessTo<Many>;
  mutable std::vector<Ref<T>> items_;
};

/// The one object a relation leads to, or none. Loads itself when it is first looked at.
template <class T>
class One : public detail::RelationField {
 public:
  One() = default;
  One(Ref<T> object) : object_(std::move(object)) { loaded_ = true; }  // NOLINT: as a pointer
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
      [](void* at, std::vector<std::shared_ptr<void>> objects) {
        field(at).items_.clear();
        for (auto& object : objects) field(at).items_.push_back(std::static_pointer_cast<T>(std::move(object)));
        field(at).loaded_ = true;
      },
      [](const void* at) { return field(at).loaded_; },
      [](const void* at) { return field(at).items_.size(); },
      [](const void* at, std::size_t index) -> std::shared_ptr<void> { return field(at).items_[index]; },
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
      [](void* at, std::vector<std::shared_ptr<void>> objects) {
        field(at).object_ = objects.empty() ? nullptr : std::static_pointer_cast<T>(std::move(objects.front()));
        field(at).loaded_ = true;
      },
      [](const void* at) { return field(at).loaded_; },
      [](const void* at) { return std::size_t{field(at).object_ != nullptr ? 1U : 0U}; },
      [](const void* at, std::size_t) -> std::shared_ptr<void> { return field(at).object_; },
      [](void* at) {
        if (field(at).object_ != nullptr) field(at).loose_ = std::exchange(field(at).object_, nullptr);
      }};
};

}  // namespace detail
}  // namespace posthouse::orm
