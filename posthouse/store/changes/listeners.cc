#include "posthouse/store/changes/listeners.h"

#include <exception>
#include <map>
#include <mutex>
#include <utility>

namespace posthouse::store {

struct Subscription::Book {
  std::mutex mutex;  // held during calls, so that whoever ends a subscription waits for them
  std::uint64_t last = 0;
  std::map<std::uint64_t, Listener> listeners;
};

Subscription::Subscription(Subscription&& other) noexcept
    : book_(std::move(other.book_)), number_(std::exchange(other.number_, 0)) {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    end();
    book_ = std::move(other.book_);
    number_ = std::exchange(other.number_, 0);
  }
  return *this;
}

Subscription::~Subscription() {
  end();
}

void Subscription::end() noexcept {
  if (book_ == nullptr) {
    return;
  }
  {
    const std::lock_guard lock(book_->mutex);
    book_->listeners.erase(number_);
  }
  book_.reset();
}

Listeners::Listeners() : book_(std::make_shared<Subscription::Book>()) {}

Subscription Listeners::add(Listener listener) {
  const std::lock_guard lock(book_->mutex);
  const std::uint64_t number = ++book_->last;
  book_->listeners.emplace(number, std::move(listener));
  return Subscription(book_, number);
}

void Listeners::tell(std::span<const Change> changes) noexcept {
  const std::lock_guard lock(book_->mutex);
  for (const auto& [number, listener] : book_->listeners) {
    try {
      listener(changes);
    } catch (const std::exception&) {  // out of memory, say: the rows are there, and the next look finds them
    }
  }
}

}  // namespace posthouse::store
