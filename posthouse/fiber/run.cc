#include "posthouse/fiber/run.h"

#include <optional>
#include <thread>

#include "posthouse/fiber/engine/runtime.h"
#include "posthouse/fiber/engine/stack_pool.h"
#include "posthouse/fiber/error.h"
#include "posthouse/fiber/signal_dumper.h"
#include "posthouse/fiber/world.h"

namespace posthouse::fiber {

void run(UniqueFunction main, RunOptions options) {
  if (in_fiber()) {
    throw Error(Errc::invalid, "fiber::run called in a fiber", 0, true);
  }
  detail::Runtime runtime(options);
  std::optional<detail::SignalDumper> dumper;
  if (options.dump_signal != 0) {
    dumper.emplace(options.dump_signal);
  }
  runtime.run(std::move(main));
}

bool in_fiber() noexcept {
  return detail::Loop::current_fiber() != nullptr;
}

void shrink_stack() noexcept {
  if (const detail::Fiber* const fiber = detail::Loop::current_fiber()) {
    detail::StackPool::shrink(fiber->stack);
  }
}

unsigned loop_count() noexcept {
  const auto* loop = detail::Loop::current();
  return loop == nullptr ? 1 : loop->runtime().loop_count();
}

unsigned this_loop() noexcept {
  const auto* loop = detail::Loop::current();
  return loop == nullptr ? 0 : loop->index();
}

void yield() {
  if (detail::Fiber* fiber = detail::Loop::current_fiber(); fiber != nullptr) {
    fiber->loop.yield(*fiber);
  } else {
    std::this_thread::yield();
  }
}

void detail::run_blocking(void (*call)(void*), void* context) {
  if (World::current() != nullptr) {
    return call(context);
  }
  Loop::current()->runtime().pool().run(call, context);
}

}  // namespace posthouse::fiber
