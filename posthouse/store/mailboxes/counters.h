#pragma once
// The counters of mailboxes: raised for what comes, and repaired where they are behind what the mailboxes hold. Private to
// this module.
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/store/changes/change.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Raises the counters of a mailbox. In this order, this first and read_counters after, and by a sum, so that no other
/// writer's raise is ever overwritten.
inline constexpr const char* raise_counters =
    "UPDATE mailbox SET uidnext = uidnext + ?, highestmodseq = highestmodseq + ? WHERE id = ?";
inline constexpr const char* read_counters =
    "SELECT id, account_id, uidnext, highestmodseq FROM mailbox WHERE id IN (?)";

/// What messages that come into a mailbox get, one after the other, from here on.
struct Places {
  MailboxId mailbox = 0;
  AccountId account = 0;
  Uid uid = 0;
  std::uint64_t modseq = 0;
};

/// What raising the counters by `count` has made room for, when they are `uidnext` and `highestmodseq` after it. Throws
/// store::Error no_such_mailbox when so many UIDs were not left.
Places places_for(std::uint64_t count, MailboxId mailbox, AccountId account, std::uint64_t uidnext,
                  std::uint64_t highestmodseq);

/// "mailbox 7"
std::string mailbox_label(MailboxId mailbox);
[[noreturn]] void no_such_mailbox(MailboxId mailbox);

/// Sets the counters of `mailbox` past what it holds, where they are behind it, and tells what was done. Where uidnext
/// was, a UID may have been given to two messages, of which one has gone: UIDVALIDITY is raised, so that no client takes
/// the one for the other (RFC 9051 section 2.3.1.1). Nothing when they are right, or there is no such mailbox. Safe in any
/// job: from the first statement on the row is locked for others.
std::optional<MailboxRepaired> repair_counters(Write& write, MailboxId mailbox);

}  // namespace posthouse::store
