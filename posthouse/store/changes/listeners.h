#pragma once
// Who is told of changes.
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "posthouse/store/changes/change.h"

namespace posthouse::store {

/// Called with the changes of one commit, in the order in which they were made. See Store::listen.
using Listener = std::function<void(std::span<const Change>)>;

class Listeners;

/// A listener's place. Destroyed: the listener is not called any more, and a call under way has ended. May outlive the
/// store. Must not be destroyed by the listener itself, nor with a lock held that the listener takes.
class Subscription {
 public:
  Subscription() = default;
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription();

 private:
  friend class Listeners;
  struct Book;
  Subscription(std::shared_ptr<Book> book, std::uint64_t number) : book_(std::move(book)), number_(number) {}
  void end() noexcept;

  std::shared_ptr<Book> book_;
  std::uint64_t number_ = 0;
};

/// The listeners of one store. Safe to use from any thread.
class Listeners {
 public:
  Listeners();
  Subscription add(Listener listener);
  /// Calls every listener, in the order in which they were added.
  void tell(std::span<const Change> changes) noexcept;

 private:
  std::shared_ptr<Subscription::Book> book_;
};

}  // namespace posthouse::store
