#pragma once
// What others than their owner may do with mailboxes (RFC 4314), asked within Store::read and changed within Store::write.
//
// A mailbox is its account's, which may do all. Rights are given to another account or to anyone, which is every account of
// the house, and taken in the same way by negative rights (RFC 4314 section 2), which win. They go with the mailbox when it
// is renamed, and a new one begins with those of the mailbox above it. Nothing here refuses by itself: who acts for somebody
// asks rights_of() in the same job.
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "posthouse/mail/rights.h"
#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/mailboxes/mailboxes.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Entries of one mailbox at most.
inline constexpr std::size_t most_rights_entries = 1000;

/// Whose rights an entry has.
struct RightsHolder {
  std::optional<AccountId> account{};  ///< nothing: anyone
  bool negative = false;               ///< the rights are taken
  friend bool operator==(const RightsHolder&, const RightsHolder&) = default;
};

struct RightsEntry {
  RightsHolder holder{};
  mail::Rights rights{};
  friend bool operator==(const RightsEntry&, const RightsEntry&) = default;
};

/// All entries of a mailbox: anyone's first, then by account.
std::vector<RightsEntry> rights_entries(Read& read, MailboxId mailbox);

/// Sets the rights of an entry; none: it goes. Throws store::Error no_such_mailbox; too_many.
void set_rights(Write& write, MailboxId mailbox, const RightsHolder& holder, mail::Rights rights);

/// What `account` may do with `mailbox`: all, where it is its own.
mail::Rights rights_of(Read& read, const Mailbox& mailbox, AccountId account);

/// A mailbox of somebody else.
struct SharedMailbox {
  Mailbox mailbox{};
  mail::Rights rights{};
};
/// Those that others let `account` see, having given it "l", by owner and name; or those of one `owner`.
std::vector<SharedMailbox> mailboxes_shared_with(Read& read, AccountId account,
                                                 std::optional<AccountId> owner = std::nullopt);

}  // namespace posthouse::store
