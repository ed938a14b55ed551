#include "posthouse/fiber/fair_semaphore.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "posthouse/fiber/sync.h"

namespace posthouse::fiber {

/// A request that waits. Shared with whoever ends it, which may still be at it when the waiter has left.
struct FairSemaphore::Waiter {
  std::vector<std::string> parties;
  std::optional<Outcome> outcome{};  // guarded by inner_; set exactly when it is in waiting_ no more
  Event ended{};
};

FairSemaphore::FairSemaphore(std::size_t permits, std::size_t most_waiting)
    : permits_(permits), most_waiting_(std::max<std::size_t>(most_waiting, 1)), free_(permits) {}

FairSemaphore::Outcome FairSemaphore::acquire(std::vector<std::string> parties, Deadline deadline) {
  const auto waiter = std::make_shared<Waiter>(std::move(parties));
  Waiters::iterator place;
  {
    const std::lock_guard lock(inner_);
    if (closed_) {
      return Outcome::closed;
    }
    if (free_ > 0) {
      count(waiter->parties);
      --free_;
      return Outcome::granted;
    }
    if (waiting_.size() >= most_waiting_ && !make_room(waiter->parties.empty() ? "" : waiter->parties.front())) {
      return Outcome::crowded;
    }
    place = waiting_.insert(waiting_.end(), waiter);
  }
  try {
    waiter->ended.wait(deadline);
  } catch (...) {
    const std::lock_guard lock(inner_);
    if (!waiter->outcome) {
      waiting_.erase(place);
    } else if (*waiter->outcome == Outcome::granted) {
      pass_on();
    }
    throw;
  }
  const std::lock_guard lock(inner_);
  if (!waiter->outcome) {
    waiting_.erase(place);
    return Outcome::timeout;
  }
  return *waiter->outcome;
}

void FairSemaphore::release() noexcept {
  const std::lock_guard lock(inner_);
  pass_on();
}

void FairSemaphore::close() noexcept {
  const std::lock_guard lock(inner_);
  closed_ = true;
  while (!waiting_.empty()) {
    end(waiting_.begin(), Outcome::closed);
  }
}

std::size_t FairSemaphore::waiting() const noexcept {
  const std::lock_guard lock(inner_);
  return waiting_.size();
}

/// The turn that a request of these parties may have, not before those that any of them has had; and, for requests that
/// may have the same one, what their parties have had together: who has not been served comes first.
FairSemaphore::Turn FairSemaphore::turn_of(const std::vector<std::string>& parties) const noexcept {
  Turn turn{turn_, 0};
  for (const std::string& party : parties) {
    const auto known = parties_.find(party);
    if (known != parties_.end()) {
      turn.first = std::max(turn.first, known->second);
      turn.second += known->second;
    }
  }
  return turn;
}

void FairSemaphore::count(const std::vector<std::string>& parties) {
  turn_ = turn_of(parties).first;
  if (parties_.size() + parties.size() > max_parties) {
    std::erase_if(parties_, [this](const auto& party) { return party.second <= turn_; });
    if (parties_.size() + parties.size() > max_parties) {
      parties_.clear();
    }
  }
  for (const std::string& party : parties) {
    parties_[party] = turn_ + 1;
  }
}

/// Gives a permit to whoever is next.
void FairSemaphore::pass_on() noexcept {
  const auto next = std::min_element(waiting_.begin(), waiting_.end(), [this](const auto& a, const auto& b) {
    return turn_of(a->parties) < turn_of(b->parties);
  });
  if (next != waiting_.end()) {
    try {
      count((*next)->parties);
    } catch (...) {
      // Out of memory: it has its turn uncounted.
    }
    return end(next, Outcome::granted);
  }
  if (++free_ == permits_) {
    parties_.clear();
  }
}

void FairSemaphore::end(Waiters::iterator place, Outcome outcome) noexcept {
  const std::shared_ptr<Waiter> waiter = std::move(*place);
  waiting_.erase(place);
  waiter->outcome = outcome;
  waiter->ended.set();
}

/// Sends away the youngest request of the party that most wait for; false when that is `party` itself.
bool FairSemaphore::make_room(const std::string& party) noexcept {
  try {
    std::unordered_map<std::string, std::size_t> crowds;
    for (const auto& waiter : waiting_) {
      ++crowds[waiter->parties.empty() ? std::string() : waiter->parties.front()];
    }
    const auto largest = std::max_element(crowds.begin(), crowds.end(),
                                          [](const auto& a, const auto& b) { return a.second < b.second; });
    if (crowds[party] >= largest->second) {
      return false;
    }
    const auto youngest = std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const auto& waiter) {
      return (waiter->parties.empty() ? std::string() : waiter->parties.front()) == largest->first;
    });
    end(std::prev(youngest.base()), Outcome::crowded);
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace posthouse::fiber
