#pragma once
// Structured concurrency: whoever starts fibers waits for them.
#include <memory>
#include <string>

#include "posthouse/fiber/time.h"
#include "posthouse/fiber/unique_function.h"

namespace posthouse::fiber {

/// Owns the fibers started in it. None outlives it. In a plain thread it starts threads instead.
///
///     fiber::Scope scope;
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
  /// Nothing runs in it yet.
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
  /// itself is canceled meanwhile (or the deadline of a DeadlineScope of its passes), the fibers are canceled and
  /// waited for, then Errc::canceled (or Errc::timeout) is thrown.
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

/// While it lives, the current fiber (or thread) is not disturbed by cancellation, nor bound by the DeadlineScopes
/// around it; use it with deadlines.
///
///     catch (const fiber::Error&) { fiber::Shield shield; stream.write("421 closing\r\n", 1s); throw; }
class Shield {
 public:
  /// Shields may be nested; the last one to go ends it.
  Shield() noexcept;
  Shield(const Shield&) = delete;
  Shield& operator=(const Shield&) = delete;
  ~Shield();

 private:
  TimePoint bound_;
};

/// A deadline for everything the current fiber (or thread) waits for while this lives: of the deadlines around a call
/// and the call's own, the earliest wins.
///
///     {
///       fiber::DeadlineScope limit(10s);        // the whole dialogue
///       stream.write("HELO\r\n");
///       auto line = stream.read_line();       // what is left of ten seconds
///       fiber::DeadlineScope shorter(2s);       // may only bring it forward
///       ask_the_database();                   // calls that know nothing of deadlines are bound too (sql: all are)
///     }
///
/// A wait that it ends throws Error (Errc::timeout), also where the call's own deadline would make it return false;
/// so a loop around such a call ends. A call with nothing to wait for succeeds even after the deadline. Fibers
/// spawned meanwhile are not bound, but joining them is: see Scope::join. Mutex::lock and blocking() are not bound.
///
/// Belongs on the stack: scopes of one fiber must end in the reverse order of their beginning.
class DeadlineScope {
 public:
  /// Bounds this fiber's (or thread's) waits from now on.
  explicit DeadlineScope(Deadline deadline) noexcept;
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;
  ~DeadlineScope();

  /// When it passes: its own deadline or one around it, whichever comes first.
  Deadline deadline() const noexcept { return Deadline::at(moment_); }

 private:
  TimePoint moment_;
  TimePoint outer_;
};

/// True when the Scope this fiber runs in was canceled (a Shield does not change that): loops that do no I/O ask it.
bool cancel_requested() noexcept;
/// Throws Error (Errc::canceled) when cancellation was asked for and no Shield is in the way.
void throw_if_canceled();
/// The same, and throws Error (Errc::timeout) when the deadline of a DeadlineScope has passed: for work that takes long
/// and waits for nothing.
void throw_if_interrupted();

}  // namespace posthouse::fiber
