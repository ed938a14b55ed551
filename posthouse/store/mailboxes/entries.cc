#include "posthouse/store/mailboxes/entries.h"

#include <string>
#include <tuple>

#include <fmt/format.h>

#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/front.h"
#include "posthouse/store/mailboxes/uids.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

const std::string& select_entries() {
  static const std::string text = fmt::format(
      "SELECT h.uid, h.message_id, m.size + {}, h.flags, h.modseq, h.internal_date, h.save_date FROM mailbox_message h "
      "JOIN message m ON m.id = h.message_id",
      front_length);
  return text;
}

template <class Row>
MailboxEntry entry_of(const Row& row) {
  const auto& [uid, message, size, flags, modseq, date, save_date] = row;
  return {uid, message, size, flags, modseq, moment_of(date), moment_of(save_date.value_or(date))};
}

/// The entries of mailbox_message h that `condition` selects.
template <class... Values>
std::vector<MailboxEntry> select(Read& read, const std::string& condition, const Values&... values) {
  std::vector<MailboxEntry> found;
  for (const auto& row :
       own_tables(read)
           .query<Uid, MessageId, std::uint64_t, Flags, std::uint64_t, std::int64_t, std::optional<std::int64_t>>(
               select_entries() + " WHERE " + condition, values...)) {
    found.push_back(entry_of(row));
  }
  return found;
}

/// A place among the messages of a mailbox: so many behind the first one with that UID or a higher one.
struct SequencePlace {
  std::uint64_t uid = 0;
  std::uint64_t behind = 0;
};

SequencePlace place_of(sql::Connection& db, MailboxId mailbox, std::uint64_t sequence_number) {
  std::uint64_t left = sequence_number - 1;
  std::uint64_t after_closed = 0;
  for (const auto& [chunk, live] : db.query<std::uint64_t, std::uint64_t>(
           "SELECT chunk, live FROM mailbox_chunk WHERE mailbox_id = ? ORDER BY chunk", mailbox)) {
    if (left < live) {
      return {first_uid_of(chunk), left};
    }
    left -= live;
    after_closed = first_uid_of(chunk + 1);
  }
  return {after_closed, left};
}

}  // namespace

std::vector<MailboxEntry> list_mailbox(Read& read, MailboxId mailbox) {
  return select(read, "h.mailbox_id = ? ORDER BY h.uid", mailbox);
}

std::vector<MailboxEntry> entries(Read& read, MailboxId mailbox, UidRange uids, std::size_t limit) {
  return select(read, "h.mailbox_id = ? AND h.uid >= ? AND h.uid <= ? ORDER BY h.uid LIMIT ?", mailbox, uids.first,
                uids.last, limit);
}

std::vector<MailboxEntry> entries(Read& read, MailboxId mailbox, std::span<const Uid> uids) {
  std::vector<MailboxEntry> found;
  each_held<Uid, MessageId, std::uint64_t, Flags, std::uint64_t, std::int64_t, std::optional<std::int64_t>>(
      own_tables(read), select_entries(), mailbox, in_order(uids),
      [&](const auto& row) { found.push_back(entry_of(row)); });
  return found;
}

std::vector<Uid> uids_with(Read& read, MailboxId mailbox, UidRange uids, Flags with, std::size_t limit) {
  std::vector<Uid> found;
  for (const auto& [uid] : own_tables(read).query<Uid>(
           "SELECT uid FROM mailbox_message WHERE mailbox_id = ? AND uid >= ? AND uid <= ? AND (flags & ?) = ? "
           "ORDER BY uid LIMIT ?",
           mailbox, uids.first, uids.last, with, with, limit)) {
    found.push_back(uid);
  }
  return found;
}

std::uint64_t octets_with(Read& read, MailboxId mailbox, Flags with) {
  static const std::string statement = fmt::format(
      "SELECT COALESCE(sum(m.size + {}), 0) FROM mailbox_message h JOIN message m ON m.id = h.message_id "
      "WHERE h.mailbox_id = ? AND (h.flags & ?) = ?",
      front_length);
  return own_tables(read).query_one<std::uint64_t>(statement, mailbox, with, with);
}

std::uint64_t count_from(Read& read, MailboxId mailbox, std::uint64_t uid) {
  return own_tables(read).query_one<std::uint64_t>(
      "SELECT count(*) FROM mailbox_message WHERE mailbox_id = ? AND uid >= ?", mailbox, uid);
}

std::vector<MailboxEntry> entries_from(Read& read, MailboxId mailbox, std::uint64_t first, std::size_t count) {
  const auto uid = uid_of(read, mailbox, first);
  return uid ? entries(read, mailbox, {*uid, std::numeric_limits<Uid>::max()}, count) : std::vector<MailboxEntry>();
}

std::vector<MailboxEntry> changed_since(Read& read, MailboxId mailbox, std::uint64_t modseq, std::size_t limit,
                                        Uid after) {
  if (after == std::numeric_limits<Uid>::max()) {
    return select(read, "h.mailbox_id = ? AND h.modseq > ? ORDER BY h.modseq, h.uid LIMIT ?", mailbox, modseq, limit);
  }
  return select(read,
                "h.mailbox_id = ? AND h.modseq >= ? AND (h.modseq > ? OR h.uid > ?) ORDER BY h.modseq, h.uid LIMIT ?",
                mailbox, modseq, modseq, after, limit);
}

std::optional<std::uint64_t> sequence_number_of(Read& read, MailboxId mailbox, Uid uid) {
  sql::Connection& db = own_tables(read);
  const auto [in_chunk, found] = db.query_one<std::uint64_t, std::uint64_t>(
      "SELECT count(*), COALESCE(sum(CASE WHEN uid = ? THEN 1 ELSE 0 END), 0) FROM mailbox_message "
      "WHERE mailbox_id = ? AND uid >= ? AND uid <= ?",
      uid, mailbox, first_uid_of(chunk_of(uid)), uid);
  if (found == 0) {
    return std::nullopt;
  }
  return in_chunk + db.query_one<std::uint64_t>(
                        "SELECT COALESCE(sum(live), 0) FROM mailbox_chunk WHERE mailbox_id = ? AND chunk < ?", mailbox,
                        chunk_of(uid));
}

std::optional<Uid> uid_of(Read& read, MailboxId mailbox, std::uint64_t sequence_number) {
  sql::Connection& db = own_tables(read);
  const SequencePlace place = place_of(db, mailbox, sequence_number);
  // With the flags, or MariaDB might take the index by MODSEQ, of all the mailbox, and sort it.
  const auto found = db.query_optional<Uid, Flags>(
      "SELECT uid, flags FROM mailbox_message WHERE mailbox_id = ? AND uid >= ? ORDER BY uid LIMIT 1 OFFSET ?", mailbox,
      place.uid, place.behind);
  return found ? std::optional(std::get<0>(*found)) : std::nullopt;
}

}  // namespace posthouse::store
