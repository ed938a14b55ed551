#include "posthouse/store/mailboxes/messages.h"

#include <array>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/bulk.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/front.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

// In one statement, so that few have to be prepared (sql::list).
constexpr std::size_t ids_at_once = 32;

using MailboxColumns = std::tuple<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t>;

Mailbox mailbox_of(const MailboxColumns& row) {
  const auto& [id, account, name, uidvalidity, uidnext, highestmodseq] = row;
  return {id, account, name, uidvalidity, uidnext, highestmodseq};
}

/// The place of the next message.
Places next_place(sql::Connection& db, MailboxId mailbox) {
  if (db.exec(raise_counters, 1, 1, mailbox) == 0) {
    no_such_mailbox(mailbox);
  }
  const auto [id, account, uidnext, highestmodseq] =
      db.query_one<MailboxId, AccountId, std::uint64_t, std::uint64_t>(read_counters, mailbox);
  return places_for(1, id, account, uidnext, highestmodseq);
}

/// Gives back what next_place has given: nobody has seen it.
void give_back_place(sql::Connection& db, MailboxId mailbox) {
  db.exec(raise_counters, -1, -1, mailbox);
}

/// False when a unique index forbids the row.
bool insert(sql::Connection& db, const Places& place, MessageId message, Moment internal_date, std::uint32_t flags) {
  try {
    db.exec(insert_delivery, place.mailbox, place.uid, message, flags, place.modseq, stored(internal_date));
    return true;
  } catch (const sql::Error& error) {
    if (error.errc() != sql::Errc::unique) {
      throw;
    }
    return false;
  }
}

bool was_delivered(sql::Connection& db, MailboxId mailbox, MessageId message) {
  return db
      .query_optional<int>("SELECT 1 FROM mailbox_message WHERE message_id = ? AND mailbox_id = ? AND copy = 0",
                           message, mailbox)
      .has_value();
}

}  // namespace

MessageId add_message(Write& write, const StoredBody& body, const NewMessage& message) {
  const std::array<IncomingMessage, 1> one{{{.body = body,
                                             .received_at = message.received_at,
                                             .prefix = message.prefix,
                                             .return_path = message.return_path}}};
  return add_messages(write, one).front();
}

std::optional<Uid> add_to_mailbox(Write& write, MailboxId mailbox, MessageId message, Moment internal_date,
                                  std::uint32_t flags) {
  sql::Connection& db = own_tables(write);
  Places place = next_place(db, mailbox);
  if (!insert(db, place, message, internal_date, flags)) {
    if (was_delivered(db, mailbox, message)) {
      give_back_place(db, mailbox);
      return std::nullopt;
    }
    (void)repair_counters(write, mailbox);
    place = next_place(db, mailbox);
    if (!insert(db, place, message, internal_date, flags)) {
      throw Error(Errc::damaged,
                  mailbox_label(mailbox) + " takes no message: its rows contradict each other; see posthouse check");
    }
  }
  write.note(MessageAdded{.account = place.account,
                          .mailbox = mailbox,
                          .modseq = place.modseq,
                          .uid = place.uid,
                          .message = message,
                          .flags = flags});
  return place.uid;
}

std::size_t remove_from_mailbox(Write& write, MailboxId mailbox, std::span<const Uid> uids) {
  sql::Connection& db = own_tables(write);
  std::vector<MessageId> freed;
  MessagesExpunged expunged{.mailbox = mailbox};
  in_portions(uids, ids_at_once, [&](const std::span<const Uid>& some) {
    for (const auto& [uid, message] :
         db.query<Uid, MessageId>("SELECT uid, message_id FROM mailbox_message WHERE mailbox_id = ? AND uid IN (?)",
                                  mailbox, sql::list(some))) {
      freed.push_back(message);
      expunged.uids.push_back(uid);
    }
    db.exec("DELETE FROM mailbox_message WHERE mailbox_id = ? AND uid IN (?)", mailbox, sql::list(some));
  });
  if (freed.empty()) {
    return 0;
  }
  db.exec("UPDATE mailbox SET highestmodseq = highestmodseq + 1 WHERE id = ?", mailbox);
  std::tie(expunged.account, expunged.modseq) =
      db.query_one<AccountId, std::uint64_t>("SELECT account_id, highestmodseq FROM mailbox WHERE id = ?", mailbox);
  release_messages(write, freed);
  write.note(std::move(expunged));
  return freed.size();
}

std::size_t release_messages(Write& write, std::span<const MessageId> messages) {
  sql::Connection& db = own_tables(write);
  std::vector<MessageId> unheld;
  in_portions(messages, ids_at_once, [&](const std::span<const MessageId>& some) {
    for (const auto& [id] : db.query<MessageId>(
             "SELECT m.id FROM message m WHERE m.id IN (?) AND " + write.unheld_condition(), sql::list(some))) {
      unheld.push_back(id);
    }
  });
  std::size_t bodies = 0;
  in_portions(std::span<const MessageId>(unheld), ids_at_once, [&](const std::span<const MessageId>& some) {
    bodies += static_cast<std::size_t>(db.exec("DELETE FROM message_body WHERE message_id IN (?)", sql::list(some)));
  });
  const bool files = bodies < unheld.size();
  std::size_t gone = 0;
  in_portions(std::span<const MessageId>(unheld), ids_at_once, [&](const std::span<const MessageId>& some) {
    if (files) {
      db.exec("INSERT INTO dead_file (name) SELECT name FROM message_file WHERE message_id IN (?)", sql::list(some));
      db.exec("DELETE FROM message_file WHERE message_id IN (?)", sql::list(some));
      write.file_died();
    }
    gone += static_cast<std::size_t>(db.exec("DELETE FROM message WHERE id IN (?)", sql::list(some)));
  });
  return gone;
}

bool release_message(Write& write, MessageId message) {
  return release_messages(write, std::span(&message, 1)) != 0;
}

Mailbox inbox(Read& read, AccountId account) {
  const auto row =
      own_tables(read).query_optional<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t>(
          "SELECT id, account_id, name, uidvalidity, uidnext, highestmodseq FROM mailbox "
          "WHERE account_id = ? AND name = 'INBOX'",
          account);
  if (!row) {
    throw Error(Errc::no_such_mailbox, fmt::format("account {} has no INBOX", account));
  }
  return mailbox_of(*row);
}

std::optional<Mailbox> find_mailbox(Read& read, MailboxId mailbox) {
  const auto row =
      own_tables(read).query_optional<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t>(
          "SELECT id, account_id, name, uidvalidity, uidnext, highestmodseq FROM mailbox WHERE id = ?", mailbox);
  if (!row) {
    return std::nullopt;
  }
  return mailbox_of(*row);
}

std::vector<MailboxEntry> list_mailbox(Read& read, MailboxId mailbox) {
  std::vector<MailboxEntry> entries;
  for (auto [uid, message, size, front, flags, modseq, date] :
       own_tables(read).query<Uid, MessageId, std::uint64_t, std::uint64_t, std::uint32_t, std::uint64_t, std::int64_t>(
           fmt::format(
               "SELECT h.uid, h.message_id, m.size, {}, h.flags, h.modseq, h.internal_date FROM mailbox_message h "
               "JOIN message m ON m.id = h.message_id WHERE h.mailbox_id = ? ORDER BY h.uid",
               front_length),
           mailbox)) {
    entries.push_back({uid, message, size + front, flags, modseq, moment_of(date)});
  }
  return entries;
}

}  // namespace posthouse::store
