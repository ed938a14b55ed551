#include "posthouse/store/mailboxes/expunge.h"

#include <tuple>

#include <fmt/format.h>

#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/counters.h"
#include "posthouse/store/mailboxes/front.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/mailboxes/messages.h"
#include "posthouse/store/mailboxes/uids.h"

namespace posthouse::store {
namespace {

// Between two times that the oldest are forgotten.
constexpr std::int64_t more_ranges = 512;

/// What is to go.
struct Leaving {
  std::vector<Uid> uids{};
  std::vector<MessageId> messages{};
  std::vector<std::tuple<MailboxId, Uid>> with_more_keywords{};
  Tally tally{};
};

Leaving leaving_of(sql::Connection& db, MailboxId mailbox, std::span<const Uid> uids, Flags with) {
  Leaving leaving;
  each_held<Uid, MessageId, Flags, std::uint64_t>(
      db,
      fmt::format("SELECT h.uid, h.message_id, h.flags, m.size + {} FROM mailbox_message h JOIN message m "
                  "ON m.id = h.message_id",
                  front_length),
      mailbox, in_order(uids), [&](const auto& row) {
        const auto& [uid, message, flags, octets] = row;
        if ((flags & with) != with) {
          return;
        }
        leaving.uids.push_back(uid);
        leaving.messages.push_back(message);
        leaving.tally.add(flags, octets);
        if ((flags & flag::more_keywords) != 0) {
          leaving.with_more_keywords.emplace_back(mailbox, uid);
        }
      });
  return leaving;
}

/// Forgets the oldest ranges where there are too many.
void bound_ranges(sql::Connection& db, const Counters& counters) {
  if (counters.expunged_ranges <= most_expunged_ranges + more_ranges) {
    return;
  }
  const auto floor = db.query_optional<std::uint64_t>(
      "SELECT modseq FROM expunged WHERE mailbox_id = ? ORDER BY modseq, first_uid LIMIT 1 OFFSET ?", counters.mailbox,
      counters.expunged_ranges - most_expunged_ranges - 1);
  if (!floor) {
    return;  // fewer than were counted: for check to find
  }
  const auto forgotten = db.exec("DELETE FROM expunged WHERE mailbox_id = ? AND modseq <= ?", counters.mailbox, *floor);
  db.exec("UPDATE mailbox SET expunged_ranges = expunged_ranges - ?, expunge_floor = ? WHERE id = ?", forgotten, *floor,
          counters.mailbox);
}

}  // namespace

Expunged expunge(Write& write, MailboxId mailbox, std::span<const Uid> uids, Flags with) {
  sql::Connection& db = own_tables(write);
  const Leaving leaving = leaving_of(db, mailbox, uids, with);
  if (leaving.uids.empty()) {
    return {};
  }
  const std::vector<UidRange> ranges = ranges_of(leaving.uids);
  const Counters counters =
      change(write, mailbox, {.tally = -leaving.tally, .expunged_ranges = static_cast<std::int64_t>(ranges.size())});
  std::vector<std::tuple<MailboxId, Uid, Uid>> deletions;
  std::vector<std::tuple<MailboxId, std::uint64_t, Uid, Uid>> rows;
  for (const UidRange& range : ranges) {
    deletions.emplace_back(mailbox, range.first, range.last);
    rows.emplace_back(mailbox, counters.highestmodseq, range.first, range.last);
  }
  db.exec_each("DELETE FROM mailbox_message WHERE mailbox_id = ? AND uid >= ? AND uid <= ?", deletions);
  db.exec_each("INSERT INTO expunged (mailbox_id, modseq, first_uid, last_uid) VALUES (?, ?, ?, ?)", rows);
  if (!leaving.with_more_keywords.empty()) {
    db.exec_each("DELETE FROM mailbox_message_keyword WHERE mailbox_id = ? AND uid = ?", leaving.with_more_keywords);
  }
  take_off_chunks(db, mailbox, leaving.uids, counters.uidnext);
  bound_ranges(db, counters);
  release_messages(write, leaving.messages);
  write.note(MessagesExpunged{
      .account = counters.account, .mailbox = mailbox, .modseq = counters.highestmodseq, .uids = leaving.uids});
  return {.modseq = counters.highestmodseq, .uids = leaving.uids};
}

std::optional<std::vector<UidRange>> expunged_since(Read& read, MailboxId mailbox, std::uint64_t modseq,
                                                    std::uint64_t until) {
  const auto found = find_mailbox(read, mailbox);
  if (!found || modseq < found->expunge_floor) {
    return std::nullopt;
  }
  std::vector<UidRange> ranges;
  for (const auto& [first, last] : own_tables(read).query<Uid, Uid>(
           "SELECT first_uid, last_uid FROM expunged WHERE mailbox_id = ? AND modseq > ? AND modseq <= ? "
           "ORDER BY modseq, first_uid",
           mailbox, modseq, until)) {
    ranges.push_back({first, last});
  }
  return ranges;
}

}  // namespace posthouse::store
