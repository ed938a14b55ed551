#pragma once
// Variables of which each fiber (and each plain thread) has its own.
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "posthouse/fiber/engine/fiber_locals.h"

namespace posthouse::fiber {

/// A variable of which each fiber, and each thread without one, has a value of its own, made at its first use there and
/// destroyed when the fiber (or thread) has ended. thread_local would be shared by all fibers of a loop.
///
///     fiber::FiberLocal<std::string> request_id;         // usually of static storage
///     *request_id = "42";                              // this fiber's
///     fiber::FiberLocal<Random> random([] { return Random(seed()); });
///
/// Values outlive the FiberLocal when it is destroyed first; they go with their fibers. References to a value must not
/// be given to other fibers that may outlive this one.
template <class T>
class FiberLocal {
 public:
  /// Values start as T().
  FiberLocal()
    requires std::is_default_constructible_v<T>
      : FiberLocal([] { return T(); }) {}
  /// Values start as what `make` returns; called in each fiber that uses it, perhaps on several threads at once.
  explicit FiberLocal(std::function<T()> make) : key_(detail::new_fiber_local_key()), make_(std::move(make)) {}
  FiberLocal(const FiberLocal&) = delete;
  FiberLocal& operator=(const FiberLocal&) = delete;

  /// This fiber's value. Throws what making it throws.
  T& get() const {
    if (T* value = find(); value != nullptr) {
      return *value;
    }
    auto value = std::make_unique<T>(make_());
    detail::current_locals().insert(key_, value.get(), [](void* gone) { delete static_cast<T*>(gone); });
    return *value.release();
  }
  T& operator*() const { return get(); }
  T* operator->() const { return &get(); }
  /// This fiber's value, null while it has none.
  T* find() const noexcept { return static_cast<T*>(detail::current_locals().find(key_)); }

 private:
  const std::uint64_t key_;
  const std::function<T()> make_;
};

}  // namespace posthouse::fiber
