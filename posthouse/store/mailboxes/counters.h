#pragma once
// Counters of mailboxes that are behind what the mailboxes hold. Private to this module.
#include <optional>

#include "posthouse/store/changes/change.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Sets the counters of `mailbox` past what it holds, where they are behind it, and tells what was done. Where uidnext
/// was, a UID may have been given to two messages, of which one has gone: UIDVALIDITY is raised, so that no client takes
/// the one for the other (RFC 9051 section 2.3.1.1). Nothing when they are right, or there is no such mailbox. Safe in any
/// job: from the first statement on the row is locked for others.
std::optional<MailboxRepaired> repair_counters(Write& write, MailboxId mailbox);

}  // namespace posthouse::store
