#include "posthouse/fiber/engine/overflow_guard.h"

#include <csignal>
#include <mutex>

#include <unistd.h>

#include "posthouse/fiber/engine/loop.h"
#include "posthouse/fiber/engine/sanitizers.h"

namespace posthouse::fiber::detail {

namespace {

constexpr std::size_t signal_stack_size = 16 * 1024;

// Only what is safe in a signal handler.
void say(const char* text, std::size_t size) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, size);
}

void on_fault(int signal, siginfo_t* info, void*) {
  if (const Fiber* fiber = Loop::current_fiber(); fiber != nullptr) {
    const auto* address = static_cast<const char*>(info->si_addr);
    if (address >= fiber->stack.mapping && address < fiber->stack.mapping + fiber->stack.guard) {
      constexpr std::string_view before = "posthouse: the stack of fiber \"", after = "\" has overflowed\n";
      say(before.data(), before.size());
      say(fiber->name.data(), fiber->name.size());
      say(after.data(), after.size());
    }
  }
  // The access is tried again, now with the usual consequence.
  std::signal(signal, SIG_DFL);
}

void install_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction before{};
    if (::sigaction(SIGSEGV, nullptr, &before) != 0 || (before.sa_flags & SA_SIGINFO) != 0 ||
        before.sa_handler != SIG_DFL) {
      return;
    }
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGSEGV, &action, nullptr);
  });
}

}  // namespace

OverflowGuard::OverflowGuard() {
  if (sanitized) {
    return;  // they report it themselves
  }
  stack_t present{};
  if (::sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) {
    return;
  }
  signal_stack_ = std::make_unique<char[]>(signal_stack_size);
  stack_t stack{};
  stack.ss_sp = signal_stack_.get();
  stack.ss_size = signal_stack_size;
  ::sigaltstack(&stack, nullptr);
  install_once();
}

OverflowGuard::~OverflowGuard() {
  if (signal_stack_ == nullptr) {
    return;
  }
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  ::sigaltstack(&none, nullptr);
}

}  // namespace posthouse::fiber::detail
