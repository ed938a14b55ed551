#pragma once
// What a write has changed, as small values that are told to whoever listens once the write is durable (Store::listen).
//
// MODSEQs (RFC 7162) are an account's, and say what a change is newer than: whoever has seen one has seen all that is told
// of that account with a lower one.
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
  Flags flags = 0;
  bool copied = false;  ///< out of another mailbox, by COPY or MOVE: it was not delivered
};

/// The flags of messages have been changed.
struct FlagsChanged {
  struct Message {
    Uid uid = 0;
    Flags flags = 0;  ///< all it has now
    friend bool operator==(const Message&, const Message&) = default;
  };
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint64_t modseq = 0;
  std::vector<Message> messages{};  ///< by UID
};

/// Messages have gone from a mailbox.
struct MessagesExpunged {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint64_t modseq = 0;
  std::vector<Uid> uids{};  ///< in their order
};

/// A mailbox has keywords more (RFC 9051 section 2.3.2).
struct KeywordsNamed {
  struct Keyword {
    std::uint32_t number = 0;
    std::string name{};
  };
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::vector<Keyword> keywords{};  ///< by number
};

struct MailboxCreated {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::string name{};
  std::uint64_t modseq = 0;
};

/// A mailbox has another name. Each of those below it is told of by itself.
struct MailboxRenamed {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint64_t modseq = 0;
  std::string from{};
  std::string to{};
  std::uint32_t uidvalidity = 0;  ///< from now on
};

/// A mailbox has gone, and what it held with it.
struct MailboxRemoved {
  AccountId account = 0;
  MailboxId mailbox = 0;
  std::uint64_t modseq = 0;  ///< 0: with its account
};

/// Somebody's rights to a mailbox may be others now (mailboxes/rights.h).
struct RightsChanged {
  AccountId account = 0;  ///< whose mailbox it is
  MailboxId mailbox = 0;
  AccountId of = 0;  ///< whose rights; 0: anyone's
};

struct SubscriptionChanged {
  AccountId account = 0;
  std::string name{};
  bool subscribed = false;
};

/// The counters of a mailbox, or of its account, were behind what it holds, which is damage (a backup of some tables put back, a row edited
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

/// Sieve scripts of an account are others now, or another one is active (scripts/scripts.h).
struct ScriptsChanged {
  AccountId account = 0;
};

/// Rows of another module's tables have become due: for whoever works them off.
struct WorkDue {
  std::string module{};   ///< whose: "queue"
  std::string subject{};  ///< what for, in that module's words: the queue's destination domain
  std::size_t items = 1;
};

/// The kinds of change.
using Change = std::variant<MessageAdded, FlagsChanged, MessagesExpunged, KeywordsNamed, MailboxCreated, MailboxRenamed,
                            MailboxRemoved, MailboxRepaired, RightsChanged, SubscriptionChanged, AccountChanged,
                            ScriptsChanged, WorkDue>;

}  // namespace posthouse::store
