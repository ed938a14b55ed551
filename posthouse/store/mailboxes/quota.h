#pragma once
// How much the mailboxes of an account may hold (RFC 9208), asked within Store::read and changed within Store::write.
//
// What they do hold is counted with each message that comes and goes (Mailbox); so whatever is within the limits is known in
// the transaction that brings it. Nothing here refuses by itself: who brings messages asks require_room() in the same job.
#include <cstdint>
#include <optional>
#include <span>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// Limits of an account, or of those that have none of their own. 0: there is none. Nothing: the default.
struct QuotaLimits {
  std::optional<std::uint64_t> octets{};
  std::optional<std::uint64_t> messages{};
  friend bool operator==(const QuotaLimits&, const QuotaLimits&) = default;
};

/// What an account holds, and what it may.
struct Quota {
  std::uint64_t octets = 0;         ///< of all messages in its mailboxes, as their reader gets them
  std::uint64_t messages = 0;       ///< a message in two mailboxes counts twice, and so do its octets
  std::uint64_t octet_limit = 0;    ///< 0: none
  std::uint64_t message_limit = 0;  ///< 0: none

  /// Whether `more_messages` of `more_octets` are too many.
  bool exceeded_by(std::uint64_t more_octets, std::uint64_t more_messages) const noexcept {
    return (octet_limit != 0 && octets + more_octets > octet_limit) ||
           (message_limit != 0 && messages + more_messages > message_limit);
  }
};

/// Reads the row of each of its mailboxes. Throws store::Error no_such_account.
Quota quota_of(Read& read, AccountId account);

/// The limits of its own. Throws store::Error no_such_account.
QuotaLimits own_quota(Read& read, AccountId account);

/// Sets the limits of `account`. What it holds already stays. Throws store::Error no_such_account.
void set_quota(Write& write, AccountId account, const QuotaLimits& limits);
/// Sets those of all accounts that have none of their own; nothing is none.
void set_default_quota(Write& write, const QuotaLimits& limits);
QuotaLimits default_quota(Read& read);

/// Throws store::Error over_quota when the account of one of `mailboxes` holds more than it may.
void require_room(Write& write, std::span<const MailboxId> mailboxes);

/// An SQL condition: the account of the row `c` of account_counter has a limit. Private to this module.
inline constexpr const char* has_limit =
    "COALESCE(c.octet_limit, (SELECT octet_limit FROM quota_default WHERE id = 1), 0) + "
    "COALESCE(c.message_limit, (SELECT message_limit FROM quota_default WHERE id = 1), 0) > 0";

}  // namespace posthouse::store
