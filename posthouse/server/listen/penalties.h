#pragma once
// What the hosts of clients have done wrong lately, and how long they wait for it. Private to this module.
#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "posthouse/fiber/time.h"

namespace posthouse::server {

/// From what on faults cost time, and how much.
struct PenaltyRules {
  unsigned free = 1;                                 ///< So many faults cost nothing.
  fiber::Duration first = std::chrono::seconds(1);   ///< For the next one; each further one costs twice as much …
  fiber::Duration most = std::chrono::seconds(15);   ///< … but no more than this. Zero: nothing costs anything.
  fiber::Duration forget = std::chrono::minutes(1);  ///< After which one fault is forgotten, and then the next.
  unsigned remembered = 10;                          ///< Faults of one origin that are counted, at most.
};

/// The faults of origins (dialogue::origin_of). Holds the `most_origins` whose faults are the latest. Safe to use from
/// all loops.
class Penalties {
 public:
  static constexpr std::size_t most_origins = 10'000;

  explicit Penalties(const PenaltyRules& rules = {}) : rules_(rules) {}

  /// Goes by `rules` from now on; what was counted stays.
  void set_rules(const PenaltyRules& rules);
  /// Counts a fault.
  void add(std::string_view origin);
  /// How long `origin` is to wait before it is served.
  fiber::Duration delay(std::string_view origin) const;
  /// Faults of `origin` that are not forgotten.
  unsigned faults(std::string_view origin) const;
  /// How many origins are held.
  std::size_t size() const;

 private:
  struct Entry {
    std::string origin;
    unsigned faults;
    fiber::TimePoint since;  // of the last fault that was counted or forgotten
  };
  using Entries = std::list<Entry>;

  unsigned faults_now(const Entry& entry) const;
  unsigned faults_locked(std::string_view origin) const;

  mutable std::mutex mutex_;
  PenaltyRules rules_;
  Entries entries_;  // the latest fault first
  std::unordered_map<std::string_view, Entries::iterator> places_;
};

}  // namespace posthouse::server
