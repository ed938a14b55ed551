#pragma once
// Where a new mailbox has its rights from. Private to this module.
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Gives the new mailbox `to` of `account` the rights that others have to `from`, the one above it.
void inherit_rights(Write& write, AccountId account, MailboxId from, MailboxId to);

}  // namespace posthouse::store
