#pragma once
// Permits for work that strangers can ask for: whoever asks often waits for those who ask seldom.
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "posthouse/fiber/time.h"

namespace posthouse::fiber {

/// A number of permits, given out in turns among *parties*: a request names those in whose name it is made (the address
/// it comes from, the account it is about), and of those that wait the one is next whose parties have had the fewest
/// turns. A crowd of one party costs others one turn, however large it is. Works between fibers of any loop and
/// threads.
///
///     fiber::FairSemaphore turns(4);
///     if (turns.acquire({"192.0.2.7", "ann@one.test"}, 30s) == fiber::FairSemaphore::Outcome::granted) { … turns.release(); }
///
/// Invariants:
///  1. Nobody waits while a permit is free.
///  2. What is remembered of a party is forgotten once all others have had as many turns; at most `max_parties` are kept.
class FairSemaphore {
 public:
  /// How a request ended.
  enum class Outcome : std::uint8_t {
    granted,  ///< release() is to be called.
    timeout,  ///< The deadline passed first.
    crowded,  ///< More wait than may, and most of them for the same party.
    closed    ///< close() was called.
  };
  static constexpr std::size_t max_parties = 16'384;

  /// With so many permits, for at most `most_waiting` (at least 1) that wait.
  explicit FairSemaphore(std::size_t permits, std::size_t most_waiting = 4096);
  FairSemaphore(const FairSemaphore&) = delete;
  FairSemaphore& operator=(const FairSemaphore&) = delete;

  /// Takes a permit in the name of `parties`; the first one is who leaves when too many wait. Throws Errc::canceled and
  /// Errc::timeout as every wait does.
  Outcome acquire(std::vector<std::string> parties, Deadline deadline = {});
  /// Gives a permit back. From any thread.
  void release() noexcept;
  /// Ends every wait, now and from now on. From any thread.
  void close() noexcept;
  /// How many wait, at this moment.
  std::size_t waiting() const noexcept;

 private:
  struct Waiter;
  using Waiters = std::list<std::shared_ptr<Waiter>>;

  using Turn = std::pair<std::uint64_t, std::uint64_t>;
  Turn turn_of(const std::vector<std::string>& parties) const noexcept;
  void count(const std::vector<std::string>& parties);
  void pass_on() noexcept;
  void end(Waiters::iterator place, Outcome outcome) noexcept;
  bool make_room(const std::string& party) noexcept;

  const std::size_t permits_;
  const std::size_t most_waiting_;
  mutable std::mutex inner_;
  std::size_t free_;
  bool closed_ = false;
  Waiters waiting_;                                         // in the order in which they came
  std::uint64_t turn_ = 0;                                  // the number of the turn that was begun last
  std::unordered_map<std::string, std::uint64_t> parties_;  // the first turn that each may have next
};

}  // namespace posthouse::fiber
