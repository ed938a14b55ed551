#include "posthouse/store/mailboxes/chunks.h"

#include <tuple>
#include <vector>

namespace posthouse::store {

void close_chunks(sql::Connection& db, MailboxId mailbox, std::uint64_t uids, std::uint64_t uidnext) {
  for (std::uint64_t chunk = chunk_of(uidnext - uids); chunk < chunk_of(uidnext); ++chunk) {
    db.exec(
        "INSERT INTO mailbox_chunk (mailbox_id, chunk, live) SELECT ?, ?, count(*) FROM mailbox_message "
        "WHERE mailbox_id = ? AND uid >= ? AND uid < ? HAVING count(*) > 0",
        mailbox, chunk, mailbox, first_uid_of(chunk), first_uid_of(chunk + 1));
  }
}

void take_off_chunks(sql::Connection& db, MailboxId mailbox, std::span<const Uid> uids, std::uint64_t uidnext) {
  std::vector<std::tuple<std::int64_t, MailboxId, std::uint64_t>> counts;
  std::vector<std::tuple<MailboxId, std::uint64_t>> chunks;
  for (const Uid uid : uids) {
    const std::uint64_t chunk = chunk_of(uid);
    if (chunk >= chunk_of(uidnext)) {
      break;
    }
    if (chunks.empty() || std::get<1>(chunks.back()) != chunk) {
      counts.emplace_back(0, mailbox, chunk);
      chunks.emplace_back(mailbox, chunk);
    }
    ++std::get<0>(counts.back());
  }
  if (counts.empty()) {
    return;
  }
  db.exec_each("UPDATE mailbox_chunk SET live = live - ? WHERE mailbox_id = ? AND chunk = ?", counts);
  db.exec_each("DELETE FROM mailbox_chunk WHERE mailbox_id = ? AND chunk = ? AND live = 0", chunks);
}

void recount_chunks(sql::Connection& db, MailboxId mailbox) {
  db.exec("DELETE FROM mailbox_chunk WHERE mailbox_id = ?", mailbox);
  db.exec(
      "INSERT INTO mailbox_chunk (mailbox_id, chunk, live) SELECT ?, uid >> 12, count(*) FROM mailbox_message "
      "WHERE mailbox_id = ? AND uid < (((SELECT uidnext FROM mailbox WHERE id = ?) >> 12) << 12) GROUP BY uid >> 12",
      mailbox, mailbox, mailbox);
}

}  // namespace posthouse::store
