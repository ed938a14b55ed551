#pragma once
// What a reload replaces while sessions go by it. Private to this module.
#include <memory>
#include <mutex>
#include <utility>

namespace posthouse::server {

/// A value for all sessions. Safe to use from all loops.
template <class T>
class Reloadable {
 public:
  /// The value as it is now; whoever has got it keeps it.
  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void set(T value) {
    auto made = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    value_.swap(made);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace posthouse::server
