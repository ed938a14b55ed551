#pragma once
// What a program takes from outside while it only computes and waits: time, chance, and whose turn it is. All of fiber
// takes them from here when fiber::run was given a World; otherwise from the kernel.
#include <chrono>
#include <cstddef>
#include <span>

namespace posthouse::fiber {

namespace detail {
class Loop;
}

/// A world for the fibers of one fiber::run (RunOptions::world). net::World adds a network to it; net::Simulation is
/// one that can be used as it is. Its run has one loop, on one thread, and all calls come from there: from fibers,
/// except choose() and advance(), which the loop itself makes and which must not wait. Threads that a program starts
/// itself, and what the kernel already gave it (descriptors, signals, files), are outside.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  /// The world of the calling fiber; null where it is the kernel's.
  static World* current() noexcept { return current_; }

  /// Behind fiber::now. Must stand still or go on, never back.
  virtual std::chrono::steady_clock::time_point now() noexcept = 0;
  /// Behind fiber::wall_now.
  virtual std::chrono::system_clock::time_point wall_now() noexcept = 0;
  /// Behind fiber::random_bytes and all that is drawn from it.
  virtual void random_bytes(std::span<char> out) = 0;

  /// Which of `ready` fibers (at least 1), counted in the order they became ready, runs next: a number below `ready`.
  virtual std::size_t choose(std::size_t ready) noexcept = 0;
  /// All fibers wait, the first of them until `moment`: now() is to reach it before this returns. False when the world
  /// does not go on that long: then all fibers are canceled, and fiber::run throws an Error that says what they waited
  /// for.
  virtual bool advance(std::chrono::steady_clock::time_point moment) noexcept = 0;

 private:
  friend class detail::Loop;  // which sets it while it runs

  // Initial-exec: one instruction to reach it, also in position independent code.
  [[gnu::tls_model("initial-exec")]] static constinit thread_local World* current_;
};

}  // namespace posthouse::fiber
