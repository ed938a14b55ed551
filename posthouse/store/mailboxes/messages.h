#pragma once
// Messages and the mailboxes that hold them: what may be done to them within Store::write and asked within Store::read.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "posthouse/store/bodies/body.h"
#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/mailboxes/summaries.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// What add_message is told beside the body. (For many messages at one go there is mailboxes/bulk.h.)
struct NewMessage {
  Moment received_at{};
  /// What the house puts in front of the body for everybody who gets the message (Received; RFC 5321 section 4.4):
  /// complete header fields, each with its CRLF.
  std::string prefix{};
  /// The envelope's reverse path, empty for the null one: whoever reads the message in a mailbox is shown it in front of
  /// all else, as Return-Path (RFC 5321 section 4.4). Nothing: the message came without an envelope.
  std::optional<std::string> return_path{};
  std::optional<MessageSummary> summary{};  ///< nothing: none yet
};

/// Stores a message. Hold it (add_to_mailbox, a queue row) in the same job.
MessageId add_message(Write& write, const StoredBody& body, const NewMessage& message = {});

/// Delivers `message`: gives it a UID and a MODSEQ and returns the UID; nothing when it was delivered there before.
/// Counters that have fallen behind what the mailbox holds are set past it first, which is told (MailboxRepaired).
/// Throws store::Error no_such_mailbox, no_such_message; damaged when the row cannot be made for a reason that ought not to
/// be.
std::optional<Uid> add_to_mailbox(Write& write, MailboxId mailbox, MessageId message, Moment internal_date,
                                  Flags flags = 0);

/// A message that APPEND brings (RFC 9051 section 6.3.12).
struct NewAppend {
  Moment internal_date{};
  Flags system = 0;                         ///< system flags
  std::vector<std::string> keywords{};      ///< case makes no difference
  std::optional<MessageSummary> summary{};  ///< nothing: none yet
};

/// Where a message has come to.
struct Appended {
  Uid uid = 0;
  std::uint64_t modseq = 0;
  MessageId message = 0;
};

/// Stores a message in `mailbox`. Throws store::Error no_such_mailbox, damaged; invalid_name and too_many as name_keywords.
/// (For many at one go there is add_to_mailboxes.)
Appended append(Write& write, MailboxId mailbox, const StoredBody& body, const NewAppend& message);

/// Removes those of `messages` that nothing holds any more, with their bodies. To be called by whoever has removed rows
/// that held them. Returns how many went.
std::size_t release_messages(Write& write, std::span<const MessageId> messages);
/// The same for one. True when it went.
bool release_message(Write& write, MessageId message);

}  // namespace posthouse::store
