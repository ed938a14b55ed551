#pragma once
// A fiber: a function with a stack, run by one loop. (Internal to the module.)
//
// States: ready (in its loop's queue) → running → parked → ready … → done. Only the loop's thread changes them.
#include <cstddef>
#include <string>

#include "posthouse/fiber/engine/task.h"
#include "posthouse/fiber/unique_function.h"

namespace posthouse::fiber::detail {

class Loop;

/// A piece of mapped memory with an inaccessible page at its low end.
struct Stack {
  char* mapping = nullptr;  // begins with the guard page
  std::size_t size = 0;     // of the mapping
  std::size_t guard = 0;    // octets at its front that cannot be touched
};

/// The C++ run-time's per-thread record of exceptions being handled; it belongs to the fiber, so it is changed with it.
struct ExceptionState {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

class Fiber final : public Task {
 public:
  enum class State : unsigned char { ready, running, parked, done };

  Fiber(Loop& owner, Stack memory, UniqueFunction what, std::string called);
  ~Fiber();

  // What each switch looks at comes first, in one line of the processor's caches with the end of Task: with thousands
  // of fibers each line is read from memory.
  Loop& loop;
  void* context = nullptr;  // where it goes on: an fcontext_t
  Fiber* next_ready = nullptr;
  State state = State::parked;
  bool timed_out = false;
  bool listed = false;  // is in its loop's list of all fibers
  std::atomic<bool> in_inbox{false};
  ExceptionState exceptions;
  TimePoint until = TimePoint::max();                      // what it is parked until
  std::size_t timer_index = static_cast<std::size_t>(-1);  // its place in the loop's timer heap
  Fiber* next_in_inbox = nullptr;
  Fiber* live_previous = nullptr;  // in its loop's list of all fibers
  Fiber* live_next = nullptr;
  Stack stack;
  UniqueFunction body;
  std::string name;
  const TimePoint born = now();
  void* machine = nullptr;  // where in a simulated world it runs; the fibers it starts inherit it
  void* asan_fake_stack = nullptr;
  void* tsan_fiber = nullptr;
};

}  // namespace posthouse::fiber::detail
