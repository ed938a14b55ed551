#pragma once
// Many messages at one go, by few statements however many they are: what Store::write_jointly is for. On a database
// server each statement is a round trip.
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "posthouse/store/bodies/body.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/mailboxes/summaries.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A message to be stored; see NewMessage. Refers to what others own.
struct IncomingMessage {
  const StoredBody& body;
  Moment received_at{};
  std::string_view prefix{};
  std::optional<std::string_view> return_path{};
  const MessageSummary* summary = nullptr;  ///< null: none yet
};

/// A message that has just been stored.
struct AddedMessage {
  MessageId id = 0;
  std::uint64_t octets = 0;  ///< as MessageReader::size for its reader in a mailbox
};

/// Stores `messages`, in their order. As add_message for each.
std::vector<AddedMessage> add_messages(Write& write, std::span<const IncomingMessage> messages);

/// The row of a message: mailbox, UID, message, copy, flags, MODSEQ, internal date, save date.
inline constexpr const char* insert_held =
    "INSERT INTO mailbox_message (mailbox_id, uid, message_id, copy, flags, modseq, internal_date, save_date) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/// A message on its way into a mailbox.
struct Delivery {
  MailboxId mailbox = 0;
  AddedMessage message{};
  Moment internal_date{};
  Flags flags = 0;
  std::optional<Moment> save_date{};  ///< RFC 8514; nothing: the internal date
};

/// Delivers all, which are new; returns the UIDs in the order of `deliveries`, which is that of the UIDs of each mailbox. It
/// throws where add_to_mailbox would look closer (at a mailbox that is not there, whose counters are behind, or that has the
/// message already), and may leave some done then: the caller must have it undone, and go on with add_to_mailbox. Throws
/// store::Error no_such_mailbox, damaged; sql::Error unique.
std::vector<Uid> add_to_mailboxes(Write& write, std::span<const Delivery> deliveries);

}  // namespace posthouse::store
