#pragma once
// What mailboxes hold, message by message: asked within Store::read. Nothing here but list_mailbox, uids_with, octets_with and count_from reads more than it gives,
// give or take a chunk of 4,096 messages.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A message in a mailbox.
struct MailboxEntry {
  Uid uid = 0;
  MessageId message = 0;
  std::uint64_t size = 0;  ///< octets, as MessageReader::size for its reader
  Flags flags = 0;
  std::uint64_t modseq = 0;
  Moment internal_date{};
  Moment save_date{};  ///< RFC 8514
};

/// What `mailbox` holds, by UID.
std::vector<MailboxEntry> list_mailbox(Read& read, MailboxId mailbox);

/// What it holds of `uids`, by UID: the first `limit`.
std::vector<MailboxEntry> entries(Read& read, MailboxId mailbox, UidRange uids, std::size_t limit);

/// Those of `uids` that it holds, by UID.
std::vector<MailboxEntry> entries(Read& read, MailboxId mailbox, std::span<const Uid> uids);

/// The UIDs from `uids` of the messages that have all flags `with`, in their order: the first `limit`. Reads what else is in
/// `uids`, too.
std::vector<Uid> uids_with(Read& read, MailboxId mailbox, UidRange uids, Flags with, std::size_t limit);

/// Octets of all messages that have all flags `with`. Reads the whole mailbox.
std::uint64_t octets_with(Read& read, MailboxId mailbox, Flags with);

/// How many messages have `uid` or a higher one. Reads those.
std::uint64_t count_from(Read& read, MailboxId mailbox, std::uint64_t uid);

/// The messages with the sequence numbers (RFC 9051 section 2.3.1.2) from `first` on, which is at least 1: `count`, or as
/// many as there are.
std::vector<MailboxEntry> entries_from(Read& read, MailboxId mailbox, std::uint64_t first, std::size_t count);

/// The messages with a higher MODSEQ than `modseq` (RFC 7162: CHANGEDSINCE), by MODSEQ and UID: the first `limit`. To go on
/// behind an entry, pass its MODSEQ and UID: of the messages with `modseq` itself those with higher UIDs than `after` count
/// too.
std::vector<MailboxEntry> changed_since(Read& read, MailboxId mailbox, std::uint64_t modseq, std::size_t limit,
                                        Uid after = std::numeric_limits<Uid>::max());

/// The sequence number of the message with that UID; nothing when it is not there.
std::optional<std::uint64_t> sequence_number_of(Read& read, MailboxId mailbox, Uid uid);
/// The UID of the message with that sequence number, which is at least 1; nothing when there are fewer.
std::optional<Uid> uid_of(Read& read, MailboxId mailbox, std::uint64_t sequence_number);

}  // namespace posthouse::store
