#pragma once
// What the tests of views share.
#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

#include "posthouse/store/mailboxes/recount.h"
#include "posthouse/store/testing.h"
#include "posthouse/store/views/views.h"

namespace posthouse::store {

inline const std::vector<UidRange> every_uid{{1, 0xffffffff}};

inline Mailbox found(Store& store, MailboxId mailbox) {
  return store.read([&](Read& read) { return find_mailbox(read, mailbox).value(); });
}
inline std::unique_ptr<MailboxSnapshot> open_view(Store& store, Views& views, MailboxId mailbox) {
  return views.open(found(store, mailbox));
}

/// What `snapshot` has of these messages.
inline std::vector<SnapshotEntry> entries_of(MailboxSnapshot& snapshot, const std::vector<UidRange>& uids = every_uid) {
  std::vector<SnapshotEntry> entries;
  snapshot.each(uids, [&](const SnapshotEntry& entry) {
    entries.push_back(entry);
    return true;
  });
  return entries;
}

inline std::vector<Uid> uids_from(Uid first, Uid last) {
  std::vector<Uid> uids(last - first + 1);
  std::iota(uids.begin(), uids.end(), first);
  return uids;
}

/// Makes `mailbox`, which is empty, hold `count` messages, with UIDs and MODSEQs from 1 on: a power of two.
inline void fill_mailbox(Store& store, MailboxId mailbox, std::uint64_t count) {
  const MessageId message = deliver(store, {mailbox}, "x");
  store.write([&](Write& write) {
    sql::Connection& db = own_tables(write);
    for (std::uint64_t there = 1; there < count; there *= 2) {
      db.exec(
          "INSERT INTO mailbox_message (mailbox_id, uid, message_id, copy, flags, modseq, internal_date) "
          "SELECT mailbox_id, uid + ?, message_id, uid + ?, flags, modseq + ?, internal_date FROM mailbox_message "
          "WHERE mailbox_id = ? AND message_id = ?",
          there, there, there, mailbox, message);
    }
    db.exec("UPDATE mailbox SET uidnext = ?, highestmodseq = ? WHERE id = ?", count + 1, count + 1, mailbox);
    db.exec("UPDATE account_counter SET modseq = ? WHERE account_id = (SELECT account_id FROM mailbox WHERE id = ?)",
            count + 1, mailbox);
    recount(write, mailbox);
  });
}

}  // namespace posthouse::store
