#include "posthouse/store/mailboxes/removal.h"

#include <cstddef>
#include <vector>

#include "posthouse/store/mailboxes/messages.h"

namespace posthouse::store {
namespace {

constexpr std::size_t messages_at_a_time = 200;

}  // namespace

bool empty_dead_mailboxes(Write& write) {
  sql::Connection& db = own_tables(write);
  const auto mailbox = db.query_optional<MailboxId>("SELECT mailbox_id FROM dead_mailbox ORDER BY mailbox_id LIMIT 1");
  if (!mailbox) {
    return false;
  }
  Uid last = 0;
  std::vector<MessageId> messages;
  for (const auto& [uid, message] : db.query<Uid, MessageId>(
           "SELECT uid, message_id FROM mailbox_message WHERE mailbox_id = ? AND uid > 0 ORDER BY uid LIMIT ?",
           *mailbox, messages_at_a_time)) {
    last = uid;
    messages.push_back(message);
  }
  if (messages.empty()) {
    db.exec("DELETE FROM mailbox WHERE id = ?", *mailbox);  // its other rows go with it
    return true;
  }
  db.exec("DELETE FROM mailbox_message_keyword WHERE mailbox_id = ? AND uid <= ?", *mailbox, last);
  db.exec("DELETE FROM mailbox_message WHERE mailbox_id = ? AND uid <= ?", *mailbox, last);
  release_messages(write, messages);
  return true;
}

}  // namespace posthouse::store
