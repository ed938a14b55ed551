#pragma once
// How many messages a mailbox holds in each 4,096 UIDs, so that no UID's place is found by counting all before it.
// Private to this module.
//
// A chunk is closed when uidnext has passed it: no message comes into it any more. Only closed chunks that hold something
// have rows, so that a delivery writes none but for each 4,096th.
#include <cstdint>
#include <span>

#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

inline constexpr unsigned chunk_bits = 12;

/// The chunk of `uid`, which may be one that has not been given yet.
constexpr std::uint64_t chunk_of(std::uint64_t uid) noexcept {
  return uid >> chunk_bits;
}
constexpr std::uint64_t first_uid_of(std::uint64_t chunk) noexcept {
  return chunk << chunk_bits;
}

/// Counts the chunks that were closed when uidnext became `uidnext`, after `uids` UIDs were given and their rows made.
void close_chunks(sql::Connection& db, MailboxId mailbox, std::uint64_t uids, std::uint64_t uidnext);

/// Takes `uids`, in their order, whose rows are gone, off the counts. `uidnext` is the mailbox's.
void take_off_chunks(sql::Connection& db, MailboxId mailbox, std::span<const Uid> uids, std::uint64_t uidnext);

/// Counts all closed chunks anew.
void recount_chunks(sql::Connection& db, MailboxId mailbox);

}  // namespace posthouse::store
