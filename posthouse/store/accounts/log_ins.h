#pragma once
// Who has logged in lately: the last log-in of each client of an account, by each protocol.
//
// Rows are written by whoever has gathered some, many at once, so that a log-in has no synced transaction of its own.
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// The last log-in of one client.
struct LogIn {
  AccountId account = 0;
  std::string protocol{};  ///< "imap", "pop3", "smtp", "managesieve"
  std::string
      client{};  ///< what it says it is: a name with its version (IMAP ID), that of its host (EHLO); empty: nothing
  std::string peer{};  ///< its address, without the port
  Moment at{};
};

/// Clients of one account that are remembered by each protocol; of more the oldest go.
inline constexpr std::size_t most_log_ins = 20;
/// Octets of LogIn::client, UTF-8; what is longer is cut.
inline constexpr std::size_t most_client_name = 120;

/// Writes down log-ins, of which each takes the place of the last one of its client. Accounts that are no more are passed
/// over. Some statements for each: 200 in a job at most.
///
///     store.write([&](store::Write& write) { store::write_log_ins(write, log_ins); });
void write_log_ins(Write& write, std::span<const LogIn> log_ins);

/// The last log-ins of `account`, the latest first.
std::vector<LogIn> last_log_ins(Read& read, AccountId account);

}  // namespace posthouse::store
