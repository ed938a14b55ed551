#pragma once
// Structured concurrency: who starts fibers waits for them.
#include <memory>
#include <string>

#include "posthouse/net/unique_function.h"

namespace posthouse::net {

/// Owns the fibers started in it. None outlives it. In a plain thread it starts threads instead.
///
///     net::Scope scope;
///     scope.spawn([&] { serve_smtp(); });
///     scope.spawn([&] { serve_pop3(); });
///     scope.join();
///
/// When one of them throws, the others are canceled and join() rethrows that first error. Cancellation is an Error
/// (Errc::canceled) that the fiber's current or next call that waits or does I/O throws, again and again until the
/// fiber ends: let it pass. Code that must still talk while it cleans up uses a Shield.
///
/// spawn, join and the destructor belong to the fiber (or thread) that made the Scope and to those it owns; cancel may
/// be called from anywhere while the Scope lives.
class Scope {
 public:
  Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  /// Cancels what still runs and waits for its end. Errors that join() has not reported are dropped.
  ~Scope();

  /// Starts `f` in a new fiber on this loop; it first runs when the caller parks or yields. `name` is for dumps and
  /// traces. In a canceled Scope the fiber starts out canceled. Throws Error (Errc::system) when no stack (or thread)
  /// can be had.
  void spawn(UniqueFunction f, std::string name = {});
  /// Starts `f` on loop `loop` (taken modulo loop_count()). Streams given to it must not be in use here.
  void spawn_on(unsigned loop, UniqueFunction f, std::string name = {});

  /// Waits until all have ended and rethrows the first error of theirs. The Scope can then be used anew. If the caller
  /// itself is canceled meanwhile, the fibers are canceled and waited for, then Errc::canceled is thrown.
  void join();
  /// Cancels all fibers in it and those started later. Does not wait.
  void cancel() noexcept;
  /// True after cancel() or a first error, until join() has reported it.
  bool canceled() const noexcept;
  /// How many run.
  std::size_t size() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// While it lives, the current fiber (or thread) is not disturbed by cancellation; use it with deadlines.
///
///     catch (const net::Error&) { net::Shield shield; stream.write("421 closing\r\n", 1s); throw; }
class Shield {
 public:
  Shield() noexcept;
  Shield(const Shield&) = delete;
  Shield& operator=(const Shield&) = delete;
  ~Shield();
};

/// True when the Scope this fiber runs in was canceled (a Shield does not change that): loops that do no I/O ask it.
bool cancel_requested() noexcept;
/// Throws Error (Errc::canceled) when cancellation was asked for and no Shield is in the way.
void throw_if_canceled();

}  // namespace posthouse::net
