#include "posthouse/store/mailboxes/counters.h"

#include <limits>

#include <fmt/format.h>

#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/chunks.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

constexpr std::int64_t microseconds = 1'000'000;

/// False where the counters are behind, or there is no such mailbox.
bool try_change(sql::Connection& db, MailboxId mailbox, const CounterChange& by) {
  // Counters behind the rows would otherwise be found when a row cannot be made, or, where the row of that UID has gone,
  // never. The bulk way leaves it at that: it is undone then, and comes by here.
  static const std::string closely =
      std::string(change_counters) +
      " AND uidnext > COALESCE((SELECT max(uid) FROM mailbox_message WHERE mailbox_id = ?), 0)";
  db.exec(take_modseqs, by.modseqs, mailbox);
  const Tally& tally = by.tally;
  return db.exec(closely, by.uids, tally.messages, tally.unseen, tally.deleted, tally.octets, by.expunged_ranges,
                 mailbox, mailbox) != 0;
}

/// Sets the counters of the account of `mailbox` past those of its mailboxes. True when they were behind.
bool repair_account(sql::Connection& db, MailboxId mailbox) {
  return db.exec(
             "INSERT INTO account_counter (account_id, modseq, uidvalidity, freed_uidvalidity) "
             "SELECT account_id, highestmodseq, uidvalidity, 0 FROM mailbox b WHERE id = ? "
             "AND NOT EXISTS (SELECT 1 FROM account_counter WHERE account_id = b.account_id)",
             mailbox) +
             db.exec(
                 "UPDATE account_counter SET modseq = "
                 "(SELECT max(highestmodseq) FROM mailbox WHERE account_id = account_counter.account_id) "
                 "WHERE account_id = (SELECT account_id FROM mailbox WHERE id = ?) AND modseq < "
                 "(SELECT max(highestmodseq) FROM mailbox WHERE account_id = account_counter.account_id)",
                 mailbox) +
             db.exec(
                 "UPDATE account_counter SET uidvalidity = "
                 "(SELECT max(uidvalidity) FROM mailbox WHERE account_id = account_counter.account_id) "
                 "WHERE account_id = (SELECT account_id FROM mailbox WHERE id = ?) AND uidvalidity < "
                 "(SELECT max(uidvalidity) FROM mailbox WHERE account_id = account_counter.account_id)",
                 mailbox) !=
         0;
}

/// True when uidnext was behind.
bool repair_uidnext(sql::Connection& db, const Mailbox& mailbox) {
  for (const char* highest : {"SELECT max(uid) + 1 FROM mailbox_message WHERE mailbox_id = mailbox.id",
                              "SELECT max(last_uid) + 1 FROM expunged WHERE mailbox_id = mailbox.id"}) {
    db.exec(fmt::format("UPDATE mailbox SET uidnext = ({0}) WHERE id = ? AND uidnext < ({0})", highest), mailbox.id);
  }
  if (find_mailbox_row(db, mailbox.id)->uidnext == mailbox.uidnext) {
    return false;
  }
  db.exec("UPDATE mailbox SET uidvalidity = ? WHERE id = ?", next_uidvalidity(db, mailbox.account), mailbox.id);
  recount_chunks(db, mailbox.id);
  return true;
}

/// True when highestmodseq was behind.
bool repair_highestmodseq(sql::Connection& db, MailboxId mailbox) {
  std::int64_t changed = 0;
  for (const char* highest : {"SELECT max(modseq) FROM mailbox_message WHERE mailbox_id = mailbox.id",
                              "SELECT max(modseq) FROM expunged WHERE mailbox_id = mailbox.id"}) {
    changed +=
        db.exec(fmt::format("UPDATE mailbox SET highestmodseq = ({0}) WHERE id = ? AND highestmodseq < ({0})", highest),
                mailbox);
  }
  changed += db.exec("UPDATE mailbox SET highestmodseq = expunge_floor WHERE id = ? AND highestmodseq < expunge_floor",
                     mailbox);
  return changed != 0;
}

}  // namespace

Counters change(Write& write, MailboxId mailbox, const CounterChange& by) {
  sql::Connection& db = own_tables(write);
  if (!try_change(db, mailbox, by)) {
    if (!find_mailbox(write, mailbox)) {
      no_such_mailbox(mailbox);
    }
    if (!repair_counters(write, mailbox) || !try_change(db, mailbox, by)) {
      throw Error(Errc::damaged, mailbox_label(mailbox) + " cannot be changed; see posthouse check");
    }
  }
  const auto [id, account, uidnext, highestmodseq, ranges] =
      db.query_one<MailboxId, AccountId, std::uint64_t, std::uint64_t, std::int64_t>(read_counters, mailbox);
  require_uids(mailbox, uidnext);
  return {id, account, uidnext, highestmodseq, ranges};
}

void require_uids(MailboxId mailbox, std::uint64_t uidnext) {
  if (uidnext - 1 > std::numeric_limits<Uid>::max()) {
    throw Error(Errc::no_such_mailbox, mailbox_label(mailbox) + " has given all its UIDs");
  }
}

std::string mailbox_label(MailboxId mailbox) {
  return "mailbox " + std::to_string(mailbox);
}

void no_such_mailbox(MailboxId mailbox) {
  throw Error(Errc::no_such_mailbox, "there is no " + mailbox_label(mailbox));
}

std::uint32_t next_uidvalidity(sql::Connection& db, AccountId account) {
  const std::int64_t now = stored_now() / microseconds;
  db.exec(
      "UPDATE account_counter SET uidvalidity = CASE WHEN uidvalidity < ? THEN ? ELSE uidvalidity + 1 END "
      "WHERE account_id = ?",
      now, now, account);
  return db.query_one<std::uint32_t>("SELECT uidvalidity FROM account_counter WHERE account_id = ?", account);
}

std::optional<MailboxRepaired> repair_counters(Write& write, MailboxId mailbox) {
  sql::Connection& db = own_tables(write);
  db.exec("UPDATE mailbox SET uidnext = uidnext + 0 WHERE id = ?", mailbox);  // locks the row
  const auto before = find_mailbox(write, mailbox);
  if (!before) {
    return std::nullopt;
  }
  bool wrong = repair_highestmodseq(db, mailbox);
  wrong = repair_account(db, mailbox) || wrong;
  wrong = repair_uidnext(db, *before) || wrong;
  if (!wrong) {
    return std::nullopt;
  }
  const Mailbox repaired = find_mailbox(write, mailbox).value();
  const MailboxRepaired change{.account = repaired.account,
                               .mailbox = mailbox,
                               .uidvalidity = repaired.uidvalidity,
                               .uidnext = repaired.uidnext,
                               .highestmodseq = repaired.highestmodseq};
  write.note(change);
  return change;
}

}  // namespace posthouse::store
