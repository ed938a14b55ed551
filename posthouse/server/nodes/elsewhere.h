#pragma once
// Who wants to know that another process has changed an account. Private to this module.
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "posthouse/store/tables/types.h"

namespace posthouse::server {

/// Safe to use from any thread.
class ElsewhereListeners {
 public:
  /// A listener's place: it is not called any more once this is gone. The listeners must outlive it.
  class Place {
   public:
    Place() = default;
    Place(ElsewhereListeners& listeners, store::AccountId account, std::uint64_t number)
        : listeners_(&listeners), account_(account), number_(number) {}
    Place(Place&& other) noexcept
        : listeners_(std::exchange(other.listeners_, nullptr)), account_(other.account_), number_(other.number_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(listeners_, other.listeners_);
      std::swap(account_, other.account_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~Place() {
      if (listeners_ != nullptr) {
        listeners_->remove(account_, number_);
      }
    }

   private:
    ElsewhereListeners* listeners_ = nullptr;
    store::AccountId account_ = 0;
    std::uint64_t number_ = 0;
  };

  /// `changed` must neither wait nor throw, nor add or remove a listener.
  [[nodiscard]] Place add(store::AccountId account, std::function<void()> changed) {
    const std::lock_guard lock(mutex_);
    all_.emplace(account, Listener{++last_, std::move(changed)});
    return {*this, account, last_};
  }
  void tell(store::AccountId account) {
    const std::lock_guard lock(mutex_);
    const auto [first, end] = all_.equal_range(account);
    for (auto one = first; one != end; ++one) {
      one->second.changed();
    }
  }

 private:
  struct Listener {
    std::uint64_t number = 0;
    std::function<void()> changed{};
  };
  void remove(store::AccountId account, std::uint64_t number) noexcept {
    const std::lock_guard lock(mutex_);
    const auto [first, end] = all_.equal_range(account);
    for (auto one = first; one != end; ++one) {
      if (one->second.number == number) {
        all_.erase(one);
        return;
      }
    }
  }

  std::mutex mutex_;
  std::multimap<store::AccountId, Listener> all_;
  std::uint64_t last_ = 0;
};

}  // namespace posthouse::server
