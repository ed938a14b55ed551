#pragma once
// THREADID (RFC 8474): made when somebody asks for it. Private to this module.
#include <map>
#include <span>

#include "posthouse/store/mailboxes/threads.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// The threads of `messages` of an account, of those that have not gone. Who has none yet gets it here, and keeps it: some
/// dozens of messages at a time, each of which may have to be read. Parks. Throws store::Error, sql::Error.
std::map<store::MessageId, store::ThreadId> threads_of(store::Store& store, store::AccountId account,
                                                       std::span<const store::MessageId> messages);

}  // namespace posthouse::server
