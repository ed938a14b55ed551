#include "posthouse/fiber/engine/stack_pool.h"

#include <cerrno>
#include <cstdint>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/fiber/error.h"

namespace posthouse::fiber::detail {

namespace {

constexpr int madv_guard_install = 102;  // MADV_GUARD_INSTALL, which Debian 12's headers do not have yet

constexpr std::uintptr_t octets_of_callees = 512;  // of shrink()

constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

Stack pop(std::vector<Stack>& stacks) {
  const Stack stack = stacks.back();
  stacks.pop_back();
  return stack;
}

}  // namespace

StackPool::StackPool(std::size_t stack_size, Guards guards)
    : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
      // Instrumented frames are several times larger.
      size_(round_up(stack_size * (sanitized ? 4 : 1), page_) + page_),
      split_mappings_(guards == Guards::mprotect) {
  warm_.reserve(max_warm);
}

StackPool::~StackPool() {
  for (const unsigned id : registered_) {
    forget_stack(id);
  }
  for (char* slab : slabs_) {
    unpoison(slab, size_ * stacks_in_slab);  // fibers that a world has abandoned are still on it
    munmap(slab, size_ * stacks_in_slab);
  }
}

Stack StackPool::take() {
  const std::lock_guard lock(mutex_);
  if (!warm_.empty()) {
    return pop(warm_);
  }
  if (!cold_.empty()) {
    return pop(cold_);
  }
  return carve();
}

Stack StackPool::carve() {
  if (carved_ == stacks_in_slab) {
    slabs_.reserve(slabs_.size() + 1);
    registered_.reserve((slabs_.size() + 1) * stacks_in_slab);
    cold_.reserve((slabs_.size() + 1) * stacks_in_slab);  // so that give_back cannot fail
    // MAP_STACK also keeps huge pages away: a fiber that uses 4 KiB must not cost 2 MiB. (Before Linux 6.7 it does not;
    // there the guards do.)
    void* slab = mmap(nullptr, size_ * stacks_in_slab, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (slab == MAP_FAILED) {
      throw Error::from_errno(errno, "cannot get a stack for a fiber");
    }
    slabs_.push_back(static_cast<char*>(slab));
    carved_ = 0;
  }
  char* mapping = slabs_.back() + carved_ * size_;
  guard(mapping);
  ++carved_;
  registered_.push_back(register_stack(mapping + page_, mapping + size_));
  return {mapping, size_, page_};
}

void StackPool::guard(char* page) {
  if (!split_mappings_) {
    if (madvise(page, page_, madv_guard_install) == 0) {
      return;
    }
    if (errno != EINVAL) {
      throw Error::from_errno(errno, "cannot guard the stack of a fiber");
    }
    split_mappings_ = true;
  }
  if (mprotect(page, page_, PROT_NONE) == 0) {
    return;
  }
  if (errno != ENOMEM) {
    throw Error::from_errno(errno, "cannot guard the stack of a fiber");
  }
  throw Error::from_errno(
      ENOMEM,
      "cannot guard the stack of a fiber: the process has as many memory mappings as vm.max_map_count allows (before "
      "Linux 6.13 a fiber needs two)");
}

void StackPool::give_back(Stack stack) noexcept {
  char* usable = stack.mapping + stack.guard;
  unpoison(usable, stack.size - stack.guard);
  {
    const std::lock_guard lock(mutex_);
    if (warm_.size() < max_warm) {
      warm_.push_back(stack);
      return;
    }
  }
  madvise(usable, stack.size - stack.guard, MADV_DONTNEED);
  const std::lock_guard lock(mutex_);
  cold_.push_back(stack);
}

// What is called here has its frame below this one.
__attribute__((noinline)) void StackPool::shrink(const Stack& stack) noexcept {
  char* const usable = stack.mapping + stack.guard;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const std::uintptr_t end = (frame - octets_of_callees) / page * page;
  const auto begin = reinterpret_cast<std::uintptr_t>(usable);
  if (begin < end && end < begin + stack.size) {  // otherwise the frame is elsewhere: a sanitizer's
    madvise(usable, end - begin, MADV_DONTNEED);
  }
}

}  // namespace posthouse::fiber::detail
