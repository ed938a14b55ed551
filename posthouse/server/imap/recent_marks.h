#pragma once
// Up to where clients have been told of the messages of mailboxes: "\Recent" (RFC 3501 section 2.3.2). Private to this module.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "posthouse/store/tables/types.h"

namespace posthouse::server {

/// The marks of this process, which are ahead of those in the mailboxes' rows. From any thread.
class RecentMarks {
 public:
  /// The first UID of which no session was told. `stored` is what the row has.
  std::uint64_t mark(store::MailboxId mailbox, std::uint64_t stored) {
    const std::lock_guard lock(lock_);
    const auto found = marks_.find(mailbox);
    return found == marks_.end() ? stored : std::max(stored, found->second);
  }
  /// The same, and moves the mark to `next`: who calls it tells of the messages up to there.
  std::uint64_t take(store::MailboxId mailbox, std::uint64_t stored, std::uint64_t next) {
    const std::lock_guard lock(lock_);
    if (marks_.size() >= most && !marks_.contains(mailbox)) {
      marks_.clear();
    }
    std::uint64_t& mark = marks_.try_emplace(mailbox, stored).first->second;
    mark = std::max(mark, stored);
    return std::exchange(mark, std::max(mark, next));
  }

 private:
  static constexpr std::size_t most = 100'000;  // then all is forgotten, and the rows say what is so

  std::mutex lock_;
  std::unordered_map<store::MailboxId, std::uint64_t> marks_;
};

}  // namespace posthouse::server
