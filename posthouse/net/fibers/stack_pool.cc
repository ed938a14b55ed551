#include "posthouse/net/fibers/stack_pool.h"

#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

#include "posthouse/net/error.h"
#include "posthouse/net/fibers/sanitizers.h"

namespace posthouse::net::detail {

namespace {
constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}
}  // namespace

StackPool::StackPool(std::size_t stack_size)
    : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
      // Instrumented frames are several times larger.
      size_(round_up(stack_size * (sanitized ? 4 : 1), page_) + page_) {
  kept_.reserve(max_kept);
}

StackPool::~StackPool() {
  for (const Stack& stack : kept_) munmap(stack.mapping, stack.size);
}

Stack StackPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      const Stack stack = kept_.back();
      kept_.pop_back();
      return stack;
    }
  }
  // MAP_STACK also keeps huge pages away: a fiber that uses 4 KiB must not cost 64.
  void* mapping =
      mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapping == MAP_FAILED) throw Error::from_errno(errno, "cannot get a stack for a fiber");
  if (mprotect(mapping, page_, PROT_NONE) != 0) {
    const int error = errno;
    munmap(mapping, size_);
    throw Error::from_errno(error, "cannot guard the stack of a fiber (vm.max_map_count limits their number)");
  }
  return {static_cast<char*>(mapping), size_, page_};
}

void StackPool::give_back(Stack stack) noexcept {
  unpoison(stack.mapping + stack.guard, stack.size - stack.guard);
  {
    const std::lock_guard lock(mutex_);
    if (kept_.size() < max_kept) {
      kept_.push_back(stack);
      return;
    }
  }
  munmap(stack.mapping, stack.size);
}

}  // namespace posthouse::net::detail
