// Stacks: guarded, reused, and not bounded by the number of mappings.
#include "posthouse/fiber/engine/stack_pool.h"

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "posthouse/fiber/engine/sanitizers.h"
#include "posthouse/fiber/run.h"

namespace posthouse::fiber::detail {
namespace {

std::size_t mappings() {
  std::ifstream file("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    ++count;
  }
  return count;
}

bool kernel_has_guard_regions() {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool known = madvise(memory, page, 102) == 0;
  munmap(memory, page);
  return known;
}

// How many pages of a stack are resident.
std::size_t resident(const Stack& stack) {
  std::vector<unsigned char> pages(stack.size / stack.guard - 1);
  EXPECT_EQ(mincore(stack.mapping + stack.guard, stack.size - stack.guard, pages.data()), 0);
  std::size_t count = 0;
  for (const unsigned char page : pages) {
    count += page & 1u;
  }
  return count;
}

class StackPoolTest : public ::testing::TestWithParam<StackPool::Guards> {};
INSTANTIATE_TEST_SUITE_P(Guards, StackPoolTest, ::testing::Values(StackPool::Guards::best, StackPool::Guards::mprotect),
                         [](const auto& info) { return info.param == StackPool::Guards::best ? "best" : "mprotect"; });

TEST_P(StackPoolTest, StacksAreSeparateAndReused) {
  StackPool pool(64 * 1024, GetParam());
  std::vector<Stack> stacks;
  for (int i = 0; i < 200; ++i) {
    stacks.push_back(pool.take());
    const Stack& stack = stacks.back();
    ASSERT_GE(stack.size - stack.guard, 64u * 1024);
    std::memset(stack.mapping + stack.guard, i, stack.size - stack.guard);
  }
  for (int i = 0; i < 200; ++i) {
    const Stack& stack = stacks[static_cast<std::size_t>(i)];
    ASSERT_EQ(stack.mapping[stack.guard], static_cast<char>(i));
    ASSERT_EQ(stack.mapping[stack.size - 1], static_cast<char>(i));
  }
  for (const Stack& stack : stacks) {
    pool.give_back(stack);
  }
  EXPECT_EQ(pool.take().mapping, stacks.back().mapping);
}

TEST_P(StackPoolTest, OfManyThatComeBackFewKeepTheirPages) {
  StackPool pool(16 * 1024, GetParam());
  std::vector<Stack> stacks;
  for (int i = 0; i < 300; ++i) {
    stacks.push_back(pool.take());
    std::memset(stacks.back().mapping + stacks.back().guard, 1, stacks.back().size - stacks.back().guard);
  }
  EXPECT_GT(resident(stacks.back()), 3u);
  for (const Stack& stack : stacks) {
    pool.give_back(stack);
  }
  EXPECT_GT(resident(stacks.front()), 3u);
  EXPECT_EQ(resident(stacks.back()), 0u);
}

using StackPoolDeathTest = StackPoolTest;
INSTANTIATE_TEST_SUITE_P(Guards, StackPoolDeathTest,
                         ::testing::Values(StackPool::Guards::best, StackPool::Guards::mprotect));

TEST_P(StackPoolDeathTest, TheGuardPageCannotBeTouchedEvenAfterReuse) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  StackPool pool(16 * 1024, GetParam());
  std::vector<Stack> stacks;
  for (int i = 0; i < 300; ++i) {
    stacks.push_back(pool.take());
  }
  for (const Stack& stack : stacks) {
    pool.give_back(stack);
  }
  stacks.clear();
  for (int i = 0; i < 300; ++i) {
    stacks.push_back(pool.take());
  }
  for (const Stack& stack : {stacks.front(), stacks.back()}) {
    EXPECT_DEATH(*static_cast<volatile char*>(stack.mapping + stack.guard - 1) = 1, "");
  }
}

TEST(StackPool, ThereIsNoWallAtTheNumberOfMappings) {
  if (!kernel_has_guard_regions()) {
    GTEST_SKIP() << "this kernel has no guard regions (Linux 6.13)";
  }
  StackPool pool(64 * 1024);
  const std::size_t before = mappings();
  constexpr int many = 40'000;  // two mappings each would pass the usual vm.max_map_count of 65,530
  for (int i = 0; i < many; ++i) {
    static_cast<void>(pool.take());
  }
  EXPECT_LT(mappings(), before + 2000);
}

// Of the 24 KiB below this frame, how many pages are resident.
__attribute__((noinline)) int pages_below() {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) / page * page;
  int count = 0;
  for (std::uintptr_t i = 2; i <= 6; ++i) {  // not those that are needed to find out
    unsigned char state = 0;
    EXPECT_EQ(mincore(reinterpret_cast<void*>(frame - i * page), page, &state), 0);
    count += state & 1;
  }
  return count;
}

__attribute__((noinline)) unsigned use_much_stack() {
  volatile unsigned char octets[32 * 1024];
  for (std::size_t i = 0; i < sizeof octets; i += 512) {
    octets[i] = static_cast<unsigned char>(i);
  }
  return octets[512];
}

TEST(Stacks, CanBeShrunk) {
  shrink_stack();  // nothing, in a thread
  if (sanitized) {
    GTEST_SKIP() << "under a sanitizer frames may be elsewhere";
  }
  run([] {
    const int before = 4711;
    use_much_stack();
    EXPECT_EQ(pages_below(), 5);
    shrink_stack();
    EXPECT_EQ(pages_below(), 0);
    EXPECT_EQ(before, 4711);
    use_much_stack();
    EXPECT_EQ(pages_below(), 5);
  });
}

}  // namespace
}  // namespace posthouse::fiber::detail
