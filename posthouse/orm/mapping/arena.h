#pragma once
// Where sessions make the objects of rows: one after the other in slabs. Private to this module.
//
// A slab is freed when all objects in it are gone and the arena has gone on to another, so that one object that is kept
// for long keeps its slab too.
#include <cstddef>
#include <memory>
#include <new>

namespace posthouse::orm::detail {

struct Slab;

/// Used by one thread at a time; what it has given out may be given back on any, and after its end.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  /// Room for at most `largest` octets, aligned for all but over-aligned types.
  void* take(std::size_t octets);
  static void give_back(void* at) noexcept;

  static constexpr std::size_t largest = 1024;
  /// The one that an ArenaAllocator takes from. An allocator that knew it would stay, for nothing, in each object.
  static inline constinit thread_local Arena* current = nullptr;

 private:
  Slab* slab_ = nullptr;
  std::size_t used_ = 0;  // octets of the slab
};

/// For std::allocate_shared.
template <class T>
class ArenaAllocator {
 public:
  using value_type = T;
  ArenaAllocator() = default;
  template <class U>
  ArenaAllocator(const ArenaAllocator<U>&) noexcept {}  // NOLINT: allocators convert

  T* allocate(std::size_t count) {
    if constexpr (in_slabs) {
      return static_cast<T*>(Arena::current->take(count * sizeof(T)));
    }
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* at, std::size_t count) noexcept {
    if constexpr (in_slabs) {
      return Arena::give_back(at);
    }
    std::allocator<T>().deallocate(at, count);
  }

 private:
  static constexpr bool in_slabs = sizeof(T) <= Arena::largest && alignof(T) <= alignof(std::max_align_t);
};

/// An object made in the arena.
template <class T>
std::shared_ptr<void> make_in(Arena& arena) {
  Arena::current = &arena;
  return std::allocate_shared<T>(ArenaAllocator<T>());
}

}  // namespace posthouse::orm::detail
