#pragma once
// The counters of mailboxes and of their accounts: raised for what comes and goes, and repaired where they are behind what
// the mailboxes hold. Private to this module.
//
// An account has one MODSEQ counter (RFC 7162) for all its mailboxes; a mailbox's highestmodseq is the number that its last
// change got from it. Whatever changes a mailbox raises the account's counter first, then the mailbox's counters by sums,
// and reads after: no other writer's raise is ever overwritten.
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/store/changes/change.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Takes so many MODSEQs of the account that the mailbox belongs to.
inline constexpr const char* take_modseqs =
    "UPDATE account_counter SET modseq = modseq + ? WHERE account_id = (SELECT account_id FROM mailbox WHERE id = ?)";
/// Then this: UIDs taken, messages, unseen, deleted, octets, ranges of UIDs that go, the mailbox. Changes nothing where the
/// account's counter is behind, nor in a mailbox that was removed.
inline constexpr const char* change_counters =
    "UPDATE mailbox SET uidnext = uidnext + ?, messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, "
    "octets = octets + ?, expunged_ranges = expunged_ranges + ?, "
    "highestmodseq = (SELECT modseq FROM account_counter WHERE account_id = mailbox.account_id) "
    "WHERE id = ? AND name NOT LIKE '/%' "
    "AND highestmodseq < (SELECT modseq FROM account_counter WHERE account_id = mailbox.account_id)";
inline constexpr const char* read_counters =
    "SELECT id, account_id, uidnext, highestmodseq, expunged_ranges FROM mailbox WHERE id IN (?)";

/// What messages count for in their mailbox. By how much the counters change; negative: they go.
struct Tally {
  std::int64_t messages = 0;
  std::int64_t unseen = 0;
  std::int64_t deleted = 0;
  std::int64_t octets = 0;

  void add(Flags flags, std::uint64_t size) noexcept {
    ++messages;
    add_flags(flags, 1);
    octets += static_cast<std::int64_t>(size);
  }
  /// `sign` times what a message with `flags` counts for as such.
  void add_flags(Flags flags, std::int64_t sign) noexcept {
    unseen += (flags & flag::seen) == 0 ? sign : 0;
    deleted += (flags & flag::deleted) != 0 ? sign : 0;
  }
  Tally operator-() const noexcept { return {-messages, -unseen, -deleted, -octets}; }
};

/// How a mailbox changes.
struct CounterChange {
  std::uint64_t modseqs = 1;
  std::uint64_t uids = 0;
  Tally tally{};
  std::int64_t expunged_ranges = 0;
};

/// The counters of a mailbox after a change.
struct Counters {
  MailboxId mailbox = 0;
  AccountId account = 0;
  std::uint64_t uidnext = 0;
  std::uint64_t highestmodseq = 0;
  std::int64_t expunged_ranges = 0;
};

/// Changes the counters of `mailbox`, which are repaired first where they are behind. Throws store::Error no_such_mailbox,
/// also when so many UIDs are not left; damaged.
Counters change(Write& write, MailboxId mailbox, const CounterChange& by);

/// Throws store::Error no_such_mailbox when a mailbox with this uidnext has given more UIDs than there are.
void require_uids(MailboxId mailbox, std::uint64_t uidnext);

/// "mailbox 7"
std::string mailbox_label(MailboxId mailbox);
[[noreturn]] void no_such_mailbox(MailboxId mailbox);

/// The next UIDVALIDITY of `account`: higher than any that it has given.
std::uint32_t next_uidvalidity(sql::Connection& db, AccountId account);

/// Sets the counters of `mailbox`, and of its account, past what they hold or have held, where they are behind it, and tells
/// what was done. Where uidnext was, a UID may have been given to two messages, of which one has gone: UIDVALIDITY is
/// raised, so that no client takes the one for the other (RFC 9051 section 2.3.1.1). Nothing when they are right, or there
/// is no such mailbox. Safe in any job: from the first statement on the row is locked for others.
std::optional<MailboxRepaired> repair_counters(Write& write, MailboxId mailbox);

}  // namespace posthouse::store
