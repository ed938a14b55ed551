#pragma once
// The objects of a session that the next flush inserts. Private to this module.
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "posthouse/orm/mapping/entity.h"

namespace posthouse::orm::detail {

/// In the order in which they came. Numbers of objects stay what they are until clear().
class NewObjects {
 public:
  struct Entry {
    const Entity* entity;
    std::shared_ptr<void> object;  ///< null when it was taken away
    bool written = false;
  };
  static constexpr std::size_t nowhere = ~std::size_t{0};

  /// False when it is there already.
  bool add(const Entity& entity, const std::shared_ptr<void>& object) {
    if (!places_.try_emplace(object.get(), entries_.size()).second) {
      return false;
    }
    entries_.push_back({&entity, object});
    return true;
  }
  /// The number of an object that is not written yet.
  std::size_t find(const void* object) const {
    if (entries_.empty()) {
      return nowhere;
    }
    const auto found = places_.find(object);
    return found == places_.end() || entries_[found->second].written ? nowhere : found->second;
  }
  bool contains(const void* object) const { return find(object) != nowhere; }
  void take_away(std::size_t number) {
    places_.erase(entries_[number].object.get());
    entries_[number].object.reset();
  }

  std::size_t size() const noexcept { return entries_.size(); }
  Entry& operator[](std::size_t number) { return entries_[number]; }
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  void clear() noexcept {
    entries_.clear();
    places_.clear();
    related = 0;
  }

  std::size_t related = 0;  ///< those before have had their relations looked at
  bool relating = false;    ///< and this goes on

 private:
  std::vector<Entry> entries_;
  boost::unordered_flat_map<const void*, std::size_t> places_;
};

}  // namespace posthouse::orm::detail
