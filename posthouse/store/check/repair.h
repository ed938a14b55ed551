#pragma once
// Mending what `check` finds, where that takes nothing away. Behind `posthouse check --repair`.
#include <string>
#include <vector>

namespace posthouse::store {

class Store;

/// Sets right, beside a running server or without one: counters of mailboxes and accounts that are behind their messages
/// (UIDVALIDITY is raised where a UID may have been given twice), counts of messages, a missing INBOX, sizes that are not
/// those of a body whose SHA-256 is right, and of what stands in front of it. Forgets a search index that is damaged, which
/// the server makes anew when it starts next or mail comes to the account. Removes no mail and no other row. Returns a line
/// for each thing done, e.g. "mailbox 3: uidnext is 18, highestmodseq 40, uidvalidity 1700000000". Throws store::Error,
/// sql::Error.
std::vector<std::string> repair(Store& store);

}  // namespace posthouse::store
