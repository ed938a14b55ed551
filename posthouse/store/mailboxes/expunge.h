#pragma once
// Messages that leave a mailbox.
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// What has left a mailbox.
struct Expunged {
  std::uint64_t modseq = 0;  ///< with which they went; 0: none did
  std::vector<Uid> uids{};   ///< in their order
};

/// Removes the messages with these UIDs, those that are there and have all flags `with` (flag::deleted: EXPUNGE, RFC 9051
/// section 6.4.3), and everything of them that nothing else holds. Others who write wait meanwhile: some hundred a job are
/// enough. Throws store::Error no_such_mailbox, damaged.
Expunged expunge(Write& write, MailboxId mailbox, std::span<const Uid> uids, Flags with = 0);

/// The UIDs that left `mailbox` after `modseq`, and not after `until`, in the order in which they went: VANISHED (EARLIER)
/// of RFC 7162. Nothing when that is not known any more (Mailbox::expunge_floor): the last some thousand ranges of a
/// mailbox are.
std::optional<std::vector<UidRange>> expunged_since(Read& read, MailboxId mailbox, std::uint64_t modseq,
                                                    std::uint64_t until = std::numeric_limits<std::int64_t>::max());

/// Ranges that a mailbox remembers, but for some hundred more.
inline constexpr std::int64_t most_expunged_ranges = 4096;

}  // namespace posthouse::store
