#pragma once
// What is left of mailboxes that were removed (remove_mailbox).
#include "posthouse/store/commit/write.h"

namespace posthouse::store {

/// Does a job's worth of what is to be done for mailboxes that were removed: some hundred messages go with all that
/// nothing else holds, or an empty mailbox with all its rows. False when nothing is left to do.
bool empty_dead_mailboxes(Write& write);

}  // namespace posthouse::store
