#include "posthouse/orm/mapping/arena.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace posthouse::orm::detail {

struct Slab {
  std::atomic<std::uint32_t> users{1};  // objects, and the arena
};

namespace {

// Also its alignment: the slab of an object is found by the object's address.
constexpr std::size_t slab_size = std::size_t{16} * 1024;
constexpr std::size_t alignment = alignof(std::max_align_t);

void leave(Slab* slab) noexcept {
  if (slab != nullptr && slab->users.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    std::free(slab);
  }
}

}  // namespace

Arena::~Arena() {
  leave(slab_);
}

void* Arena::take(std::size_t octets) {
  octets = (octets + alignment - 1) / alignment * alignment;
  if (slab_ == nullptr || used_ + octets > slab_size) {
    void* const room = std::aligned_alloc(slab_size, slab_size);
    if (room == nullptr) {
      throw std::bad_alloc();
    }
    leave(slab_);
    slab_ = new (room) Slab;
    used_ = alignment;
  }
  void* const at = reinterpret_cast<char*>(slab_) + used_;
  used_ += octets;
  slab_->users.fetch_add(1, std::memory_order_relaxed);
  return at;
}

void Arena::give_back(void* at) noexcept {
  leave(reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(at) & ~(slab_size - 1)));
}

}  // namespace posthouse::orm::detail
