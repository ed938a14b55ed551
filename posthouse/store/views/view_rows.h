#pragma once
// What views read from the database. Private to this module.
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/views/view_state.h"

namespace posthouse::store {

/// What has happened to a mailbox since a state of it.
struct MailboxNews {
  bool lost = false;                ///< it has gone, or what happened has been forgotten: nothing else counts
  Mailbox mailbox{};                ///< as it is now
  bool any = false;                 ///< otherwise there is nothing else here
  std::vector<ViewRow> rows{};      ///< that are new or have changed, by UID
  std::vector<UidRange> gone{};     ///< in the order in which they went
  std::vector<Keyword> keywords{};  ///< all there are
};

/// A mailbox as it is, none of its chunks read.
struct OpenedMailbox {
  Mailbox mailbox{};
  ViewState state{};
  std::uint64_t account_modseq = 0;  ///< the last one of its account
};
/// Nothing when it has gone.
std::optional<OpenedMailbox> read_mailbox(Read& read, MailboxId mailbox);

/// What has happened since `state` was so, when the mailbox had that UIDVALIDITY.
MailboxNews read_news(Read& read, MailboxId mailbox, std::uint32_t uidvalidity, const ViewState& state);

/// The messages of a chunk.
ChunkRows read_chunk(Read& read, MailboxId mailbox, std::uint64_t chunk);

/// UIDs of messages with a higher MODSEQ than `modseq`, in order.
std::vector<UidRange> read_changed(Read& read, MailboxId mailbox, std::uint64_t modseq);

/// How `state` differs from the rows; nothing when it does not, or the rows are of a later moment. Reads the chunks that
/// `state` has.
std::optional<std::string> difference(Read& read, MailboxId mailbox, const ViewState& state, std::mutex& lock);

}  // namespace posthouse::store
