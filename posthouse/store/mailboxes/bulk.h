#pragma once
// Many messages at one go, by few statements however many they are: what Store::write_jointly is for. On a database
// server each statement is a round trip.
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "posthouse/store/bodies/body.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// A message to be stored; see NewMessage. Refers to what others own.
struct IncomingMessage {
  const StoredBody& body;
  Moment received_at{};
  std::string_view prefix{};
  std::optional<std::string_view> return_path{};
};

/// Stores `messages`; their ids, in their order. As add_message for each.
std::vector<MessageId> add_messages(Write& write, std::span<const IncomingMessage> messages);

/// The row of a delivery: mailbox, UID, message, flags, MODSEQ, internal date.
inline constexpr const char* insert_delivery =
    "INSERT INTO mailbox_message (mailbox_id, uid, message_id, copy, flags, modseq, internal_date) "
    "VALUES (?, ?, ?, 0, ?, ?, ?)";

/// A message on its way into a mailbox.
struct Delivery {
  MailboxId mailbox = 0;
  MessageId message = 0;
  Moment internal_date{};
};

/// Delivers all, which are new: the messages of a mailbox get UIDs in the order of `deliveries`. It throws where
/// add_to_mailbox would look closer (at a mailbox whose counters are behind, or that has the message already), and may leave
/// some done then: the caller must have it undone, and go on with add_to_mailbox. Throws store::Error no_such_mailbox;
/// sql::Error unique.
void add_to_mailboxes(Write& write, std::span<const Delivery> deliveries);

}  // namespace posthouse::store
