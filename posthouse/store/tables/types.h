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

/// A wall-clock time as it is stored: microseconds since 1970-01-01 UTC.
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

}  // namespace posthouse::store
