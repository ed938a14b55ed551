#pragma once
// Messages that go from mailbox to mailbox. None is stored a second time: another mailbox holds it, too.
#include <cstdint>
#include <span>
#include <vector>

#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// What a message is called in either mailbox.
struct CopiedUid {
  Uid from = 0;
  Uid to = 0;
};

/// What came of it: what COPYUID tells (RFC 9051 section 7.1).
struct Copied {
  std::uint32_t uidvalidity = 0;      ///< of the mailbox they went to
  std::uint64_t modseq = 0;           ///< that they have there; 0: none went
  std::uint64_t expunged_modseq = 0;  ///< with which they left the other one (move_messages)
  std::vector<CopiedUid> uids{};      ///< in their order, which is the same in both
};

/// Puts the messages with these UIDs, those that are there, into `to`, with their flags, keywords and internal dates (RFC
/// 9051 section 6.4.7); `to` may be the same mailbox, or another account's. Of the flags only those of `kept` go with them,
/// of which flag::keywords is for all keywords or none. Others who write wait meanwhile: some thousand a job are enough.
/// Throws store::Error no_such_mailbox, damaged; too_many as name_keywords.
Copied copy_messages(Write& write, MailboxId from, std::span<const Uid> uids, MailboxId to, Flags kept = flag::all);

/// The same, and takes them from the other mailbox (RFC 9051 section 6.4.8).
Copied move_messages(Write& write, MailboxId from, std::span<const Uid> uids, MailboxId to, Flags kept = flag::all);

}  // namespace posthouse::store
