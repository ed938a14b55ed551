#pragma once
// Counting a mailbox anew: for check and its repairs. Private to this module.
#include <string>
#include <vector>

#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// What of the counts of `mailbox` (Mailbox, its chunks, its expunged ranges) is not so, a line each. Reads all its
/// rows: in a transaction, so that they are those of one moment.
std::vector<std::string> miscounted(sql::Connection& db, MailboxId mailbox);

/// Counts anew what `mailbox` holds. Reads all its rows.
void recount(Write& write, MailboxId mailbox);

}  // namespace posthouse::store
