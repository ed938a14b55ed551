#include "posthouse/store/mailboxes/messages.h"

#include <array>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/base/portions.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/bulk.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/front.h"
#include "posthouse/store/mailboxes/keywords.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

// In one statement, so that few have to be prepared (sql::list).
constexpr std::size_t ids_at_once = 32;

/// What a mailbox has to know of a message before it comes.
struct Coming {
  std::uint64_t octets = 0;
  bool was_delivered = false;
};

Coming coming(sql::Connection& db, MailboxId mailbox, MessageId message) {
  const auto found = db.query_optional<std::uint64_t, bool>(
      fmt::format(
          "SELECT m.size + {}, EXISTS (SELECT 1 FROM mailbox_message WHERE message_id = m.id AND mailbox_id = ? "
          "AND copy = 0) FROM message m WHERE m.id = ?",
          front_length),
      mailbox, message);
  if (!found) {
    throw Error(Errc::no_such_message, fmt::format("there is no message {}", message));
  }
  return {std::get<0>(*found), std::get<1>(*found)};
}

/// Gives `message` the next UID of `mailbox`.
Appended place(Write& write, MailboxId mailbox, const AddedMessage& message, Moment internal_date,
               std::optional<Moment> save_date, Flags flags) {
  sql::Connection& db = own_tables(write);
  CounterChange arrival{.uids = 1};
  arrival.tally.add(flags, message.octets);
  const Counters counters = change(write, mailbox, arrival);
  const auto uid = static_cast<Uid>(counters.uidnext - 1);
  try {
    db.exec(insert_held, mailbox, uid, message.id, 0, flags, counters.highestmodseq, stored(internal_date),
            save_date ? std::optional(stored(*save_date)) : std::nullopt);
  } catch (const sql::Error& error) {
    if (error.errc() != sql::Errc::unique) {
      throw;
    }
    throw Error(Errc::damaged,
                mailbox_label(mailbox) + " takes no message: its rows contradict each other; see posthouse check");
  }
  close_chunks(db, mailbox, 1, counters.uidnext);
  write.note(MessageAdded{.account = counters.account,
                          .mailbox = mailbox,
                          .modseq = counters.highestmodseq,
                          .uid = uid,
                          .message = message.id,
                          .flags = flags});
  return {uid, counters.highestmodseq, message.id};
}

}  // namespace

MessageId add_message(Write& write, const StoredBody& body, const NewMessage& message) {
  const std::array<IncomingMessage, 1> one{{{.body = body,
                                             .received_at = message.received_at,
                                             .prefix = message.prefix,
                                             .return_path = message.return_path,
                                             .summary = message.summary ? &*message.summary : nullptr}}};
  return add_messages(write, one).front().id;
}

std::optional<Uid> add_to_mailbox(Write& write, MailboxId mailbox, MessageId message, Moment internal_date,
                                  Flags flags) {
  sql::Connection& db = own_tables(write);
  const Coming what = coming(db, mailbox, message);
  if (what.was_delivered) {
    return std::nullopt;
  }
  return place(write, mailbox, {message, what.octets}, internal_date, std::nullopt, flags).uid;
}

Appended append(Write& write, MailboxId mailbox, const StoredBody& body, const NewAppend& message) {
  const KeywordSet keywords = name_keywords(write, mailbox, message.keywords);
  const Moment now = moment_of(stored_now());
  const std::array<IncomingMessage, 1> one{
      {{.body = body, .received_at = now, .summary = message.summary ? &*message.summary : nullptr}}};
  const Appended appended = place(write, mailbox, add_messages(write, one).front(), message.internal_date, now,
                                  (message.system & flag::system) | keywords.bits);
  const std::array<KeywordsBeyond, 1> beyond{{{appended.uid, keywords.beyond}}};
  insert_keywords_beyond(own_tables(write), mailbox, beyond);
  return appended;
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
      write.left_for_housekeeper();
    }
    gone += static_cast<std::size_t>(db.exec("DELETE FROM message WHERE id IN (?)", sql::list(some)));
  });
  return gone;
}

bool release_message(Write& write, MessageId message) {
  return release_messages(write, std::span(&message, 1)) != 0;
}

}  // namespace posthouse::store
