// The rows of messages and mailboxes.
#include <algorithm>
#include <limits>
#include <string>
#include <tuple>

#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/commit/maintenance.h"
#include "posthouse/store/store.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

Mailbox mailbox_of(
    const std::tuple<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t>& row) {
  const auto& [id, account, name, uidvalidity, uidnext, highestmodseq] = row;
  return {id, account, name, uidvalidity, uidnext, highestmodseq};
}

}  // namespace

MessageId Store::add_message(sql::Connection& db, const StoredBody& body, const NewMessage& message) {
  db.exec("INSERT INTO message (size, sha256, received_at) VALUES (?, ?, ?)", body.size(), sql::BlobView{body.sha256()},
          stored(message.received_at));
  const MessageId id = db.last_insert_id();
  if (body.in_memory()) {
    db.exec("INSERT INTO message_body (message_id, body) VALUES (?, ?)", id, sql::BlobView{body.bytes()});
  } else {
    db.exec("INSERT INTO message_file (message_id, name) VALUES (?, ?)", id, body.file_name());
  }
  writer_->adopt(body.file_, body.bytes().size());
  return id;
}

std::optional<Uid> Store::add_to_mailbox(sql::Connection& db, MailboxId mailbox, MessageId message,
                                         Moment internal_date, std::uint32_t flags) {
  const auto counters = db.query_optional<std::uint64_t, std::uint64_t>(
      "SELECT uidnext, highestmodseq FROM mailbox WHERE id = ?", mailbox);
  if (!counters) {
    throw Error(Errc::no_such_mailbox, "there is no mailbox " + std::to_string(mailbox));
  }
  const auto [uid, modseq] = *counters;
  if (uid > std::numeric_limits<Uid>::max()) {
    throw Error(Errc::no_such_mailbox, "mailbox " + std::to_string(mailbox) + " has given all its UIDs");
  }
  try {
    db.exec(
        "INSERT INTO mailbox_message (mailbox_id, uid, message_id, copy, flags, modseq, internal_date) "
        "VALUES (?, ?, ?, 0, ?, ?, ?)",
        mailbox, uid, message, flags, modseq + 1, stored(internal_date));
  } catch (const sql::Error& error) {
    if (error.errc() == sql::Errc::unique) {
      return std::nullopt;  // copy 0: it was delivered before
    }
    throw;
  }
  db.exec("UPDATE mailbox SET uidnext = ?, highestmodseq = ? WHERE id = ?", uid + 1, modseq + 1, mailbox);
  return static_cast<Uid>(uid);
}

std::size_t Store::remove_from_mailbox(sql::Connection& db, MailboxId mailbox, std::span<const Uid> uids) {
  std::vector<MessageId> freed;
  for (const Uid uid : uids) {
    const auto message = db.query_optional<MessageId>(
        "SELECT message_id FROM mailbox_message WHERE mailbox_id = ? AND uid = ?", mailbox, uid);
    if (!message) {
      continue;
    }
    db.exec("DELETE FROM mailbox_message WHERE mailbox_id = ? AND uid = ?", mailbox, uid);
    freed.push_back(*message);
  }
  if (freed.empty()) {
    return 0;
  }
  db.exec("UPDATE mailbox SET highestmodseq = highestmodseq + 1 WHERE id = ?", mailbox);
  for (const MessageId message : freed) {
    release_message(db, message);
  }
  return freed.size();
}

bool Store::release_message(sql::Connection& db, MessageId message) {
  if (db.query_optional<int>("SELECT 1 FROM mailbox_message WHERE message_id = ? LIMIT 1", message)) {
    return false;
  }
  for (const std::string& query : held_queries_) {
    if (db.query_optional<int>(query, message)) {
      return false;
    }
  }
  if (db.exec("DELETE FROM message_body WHERE message_id = ?", message) == 0) {
    const auto file = db.query_optional<std::string>("SELECT name FROM message_file WHERE message_id = ?", message);
    if (file) {
      db.exec("INSERT INTO dead_file (name) VALUES (?)", *file);
      db.exec("DELETE FROM message_file WHERE message_id = ?", message);
      maintenance_->files_died();
    }
  }
  return db.exec("DELETE FROM message WHERE id = ?", message) != 0;
}

Mailbox Store::inbox(sql::Connection& db, AccountId account) {
  const auto row = db.query_optional<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t>(
      "SELECT id, account_id, name, uidvalidity, uidnext, highestmodseq FROM mailbox "
      "WHERE account_id = ? AND name = 'INBOX'",
      account);
  if (!row) {
    throw Error(Errc::no_such_mailbox, "account " + std::to_string(account) + " has no INBOX");
  }
  return mailbox_of(*row);
}

std::optional<Mailbox> Store::find_mailbox(sql::Connection& db, MailboxId mailbox) {
  const auto row = db.query_optional<MailboxId, AccountId, std::string, std::uint32_t, std::uint64_t, std::uint64_t>(
      "SELECT id, account_id, name, uidvalidity, uidnext, highestmodseq FROM mailbox WHERE id = ?", mailbox);
  if (!row) {
    return std::nullopt;
  }
  return mailbox_of(*row);
}

std::vector<MailboxEntry> Store::list_mailbox(sql::Connection& db, MailboxId mailbox) {
  std::vector<MailboxEntry> entries;
  for (auto [uid, message, size, flags, modseq, date] :
       db.query<Uid, MessageId, std::uint64_t, std::uint32_t, std::uint64_t, std::int64_t>(
           "SELECT h.uid, h.message_id, m.size, h.flags, h.modseq, h.internal_date "
           "FROM mailbox_message h JOIN message m ON m.id = h.message_id WHERE h.mailbox_id = ? ORDER BY h.uid",
           mailbox)) {
    entries.push_back({uid, message, size, flags, modseq, moment_of(date)});
  }
  return entries;
}

}  // namespace posthouse::store
