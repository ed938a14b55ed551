#pragma once
// What has happened to a mailbox lately. Private to this module.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// What happened between two states to messages that were there in the first.
struct Happened {
  struct Gone {
    Uid uid = 0;
    std::uint64_t modseq = 0;  ///< with which it went, or a lower one with which it was still there for nobody
  };
  std::vector<Gone> gone{};       ///< by UID
  std::vector<UidRange> flags{};  ///< in order; flags have changed, of messages that may have gone later
};

/// A view's changes, the oldest of which are forgotten. What is not here is asked of the rows.
class ViewLog {
 public:
  enum class What : std::uint8_t { flags, gone };

  /// Begins anew: there is nothing before `modseq`.
  void begin(std::uint64_t modseq);
  /// Notes changes, in the order in which they were made.
  void add(What what, std::uint64_t modseq, std::span<const UidRange> uids);
  /// Forgets what is not after `modseq`, which nobody will ask for, and what is too much.
  void trim(std::uint64_t modseq);
  /// What happened after `modseq`, and not after `until`, to messages with UIDs below `uidnext`. Nothing when some of it
  /// has been forgotten.
  std::optional<Happened> since(std::uint64_t modseq, std::uint64_t until, std::uint64_t uidnext) const;

 private:
  struct Entry {
    What what = What::flags;
    std::uint64_t modseq = 0;
    UidRange uids{};
  };
  std::deque<Entry> entries_;  // by MODSEQ
  std::uint64_t begins_ = 0;   // all that came after it is there
};

}  // namespace posthouse::store
