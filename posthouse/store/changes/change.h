#pragma once
// What a write has changed, as small values that are told to whoever listens once the write is durable (Store::listen).
//
// A mailbox's MODSEQ (RFC 7162) says what a change is newer than: whoever has seen it has seen all that is told of that
// mailbox with a lower one.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A mailbox has a message more.
struct MessageAdded {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint64_t modseq = 0;
  Uid uid = 0;
  MessageId message = 0;
  std::uint32_t flags = 0;
};

/// Messages have gone from a mailbox.
struct MessagesExpunged {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint64_t modseq = 0;
  std::vector<Uid> uids{};
};

struct MailboxCreated {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::string name{};
};

/// A mailbox has gone, and was empty.
struct MailboxRemoved {
  AccountId account = 0;
  MailboxId mailbox = 0;
};

/// The counters of a mailbox were behind what it holds, which is damage (a backup of some tables put back, a row edited
/// by hand), and have been set past it. UIDVALIDITY was raised where a UID may have been given a second time.
struct MailboxRepaired {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint32_t uidvalidity = 0;
  std::uint64_t uidnext = 0;
  std::uint64_t highestmodseq = 0;
};

struct AccountChanged {
  enum class What : std::uint8_t { added, password, enabled, disabled, removed };
  AccountId account = 0;
  What what = What::added;
};

/// Rows of another module's tables have become due: for whoever works them off.
struct WorkDue {
  std::string module{};   ///< whose: "queue"
  std::string subject{};  ///< what for, in that module's words: the queue's destination domain
  std::size_t items = 1;
};

/// The kinds of change. (Flags, names of mailboxes and quotas get theirs with the functions that change them.)
using Change = std::variant<MessageAdded, MessagesExpunged, MailboxCreated, MailboxRemoved, MailboxRepaired,
                            AccountChanged, WorkDue>;

}  // namespace posthouse::store
