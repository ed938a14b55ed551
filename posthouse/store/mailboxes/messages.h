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
};

/// A mailbox and its counters.
struct Mailbox {
  MailboxId id = 0;
  AccountId account = 0;
  std::string name{};
  std::uint32_t uidvalidity = 0;
  std::uint64_t uidnext = 1;
  std::uint64_t highestmodseq = 0;
};

/// A message in a mailbox.
struct MailboxEntry {
  Uid uid = 0;
  MessageId message = 0;
  std::uint64_t size = 0;  ///< octets, as MessageReader::size for its reader
  std::uint32_t flags = 0;
  std::uint64_t modseq = 0;
  Moment internal_date{};
};

/// Stores a message. Hold it (add_to_mailbox, a queue row) in the same job.
MessageId add_message(Write& write, const StoredBody& body, const NewMessage& message = {});

/// Delivers `message`: gives it a UID and a MODSEQ and returns the UID; nothing when it was delivered there before.
/// Counters that have fallen behind what the mailbox holds are set past it first, which is told (MailboxRepaired).
/// Throws store::Error no_such_mailbox; damaged when the row cannot be made for a reason that ought not to be.
std::optional<Uid> add_to_mailbox(Write& write, MailboxId mailbox, MessageId message, Moment internal_date,
                                  std::uint32_t flags = 0);

/// Removes the messages with these UIDs (those that are there) and everything of them that nothing else holds. Returns
/// how many there were. Others who write wait meanwhile: some hundred a job are enough.
std::size_t remove_from_mailbox(Write& write, MailboxId mailbox, std::span<const Uid> uids);

/// Removes those of `messages` that nothing holds any more, with their bodies. To be called by whoever has removed rows
/// that held them. Returns how many went.
std::size_t release_messages(Write& write, std::span<const MessageId> messages);
/// The same for one. True when it went.
bool release_message(Write& write, MessageId message);

/// The mailbox called INBOX of `account`. Throws store::Error no_such_mailbox.
Mailbox inbox(Read& read, AccountId account);
std::optional<Mailbox> find_mailbox(Read& read, MailboxId mailbox);
/// What `mailbox` holds, by UID.
std::vector<MailboxEntry> list_mailbox(Read& read, MailboxId mailbox);

}  // namespace posthouse::store
