#include "posthouse/store/mailboxes/counters.h"

#include <limits>

#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/messages.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {

Places places_for(std::uint64_t count, MailboxId mailbox, AccountId account, std::uint64_t uidnext,
                  std::uint64_t highestmodseq) {
  if (uidnext - 1 > std::numeric_limits<Uid>::max()) {
    throw Error(Errc::no_such_mailbox, mailbox_label(mailbox) + " has given all its UIDs");
  }
  return {mailbox, account, static_cast<Uid>(uidnext - count), highestmodseq - count + 1};
}

std::string mailbox_label(MailboxId mailbox) {
  return "mailbox " + std::to_string(mailbox);
}

void no_such_mailbox(MailboxId mailbox) {
  throw Error(Errc::no_such_mailbox, "there is no " + mailbox_label(mailbox));
}

std::optional<MailboxRepaired> repair_counters(Write& write, MailboxId mailbox) {
  constexpr std::int64_t microseconds = 1'000'000;
  sql::Connection& db = own_tables(write);
  const std::int64_t now = stored_now() / microseconds;
  const auto uids = db.exec(
      "UPDATE mailbox SET uidnext = (SELECT max(uid) + 1 FROM mailbox_message WHERE mailbox_id = mailbox.id), "
      "uidvalidity = CASE WHEN uidvalidity < ? THEN ? ELSE uidvalidity + 1 END "
      "WHERE id = ? AND uidnext <= (SELECT max(uid) FROM mailbox_message WHERE mailbox_id = mailbox.id)",
      now, now, mailbox);
  const auto modseqs = db.exec(
      "UPDATE mailbox SET highestmodseq = (SELECT max(modseq) FROM mailbox_message WHERE mailbox_id = mailbox.id) "
      "WHERE id = ? AND highestmodseq < (SELECT max(modseq) FROM mailbox_message WHERE mailbox_id = mailbox.id)",
      mailbox);
  if (uids + modseqs == 0) {
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
