#pragma once
// The words the store shares with its users.
#include <chrono>
#include <cstdint>

namespace posthouse::store {

/// Rows of the tables account, mailbox, message. Never 0, never given twice.
using AccountId = std::int64_t;
using MailboxId = std::int64_t;
using MessageId = std::int64_t;
/// Unique identifier of a message in its mailbox (RFC 9051 section 2.3.1.1): 1 to 4294967295, growing.
using Uid = std::uint32_t;

/// UIDs from `first` to `last`, both of them.
struct UidRange {
  Uid first = 0;
  Uid last = 0;
  friend bool operator==(const UidRange&, const UidRange&) = default;
};

/// Flags of a message in a mailbox (RFC 9051 section 2.3.2), a bit each: the system flags, then keywords, whose bits each
/// mailbox names for itself (mailboxes/keywords.h).
using Flags = std::uint64_t;
namespace flag {
inline constexpr Flags seen = 1U << 0;
inline constexpr Flags answered = 1U << 1;
inline constexpr Flags flagged = 1U << 2;
inline constexpr Flags deleted = 1U << 3;
inline constexpr Flags draft = 1U << 4;
inline constexpr Flags system = seen | answered | flagged | deleted | draft;
/// The message has keywords that have no bit (keywords_beyond()).
inline constexpr Flags more_keywords = Flags{1} << 62;
inline constexpr Flags all = (Flags{1} << 63) - 1;
/// All keywords, those too that have no bit.
inline constexpr Flags keywords = all & ~system;
}  // namespace flag

/// A wall-clock time as it is stored: microseconds since 1970-01-01 UTC.
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

}  // namespace posthouse::store
