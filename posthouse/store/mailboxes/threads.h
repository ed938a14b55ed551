#pragma once
// Which messages of an account belong together (RFC 8474 section 5.2): a message joins the thread of any message that it
// names or that names it, by Message-ID, References and In-Reply-To. Whoever knows these gives a message its thread at any
// time after it came, in any order; from then on it stays in it, whatever comes later, so that what clients were told is true.
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A thread of one account: the message that was its first.
using ThreadId = std::int64_t;

/// What stands for the id of a message.
using ThreadKey = std::int64_t;
ThreadKey thread_key(std::string_view message_id);
/// Keys of one message that are looked at: its own, and those of the messages it answers.
inline constexpr std::size_t most_thread_keys = 32;

struct ThreadedMessage {
  MessageId message = 0;
  ThreadId thread = 0;
  friend bool operator==(const ThreadedMessage&, const ThreadedMessage&) = default;
};

/// The threads of `messages`, of those that have one in this account, by message.
std::vector<ThreadedMessage> threads_of(Read& read, AccountId account, std::span<const MessageId> messages);

/// A message and the keys of all messages it names, its own too.
struct ThreadClaim {
  MessageId message = 0;
  std::vector<ThreadKey> keys{};
};
/// Gives messages, which must be there, a thread each, in their order; who has one keeps it. Where keys belong to several
/// threads, the oldest is joined. Some hundred a job are enough.
std::vector<ThreadedMessage> join_threads(Write& write, AccountId account, std::span<const ThreadClaim> claims);

/// Forgets some keys of an account that goes. False when none is left. Private to this module.
bool forget_thread_keys(Write& write, AccountId account);

}  // namespace posthouse::store
