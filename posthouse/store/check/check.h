#pragma once
// Is everything there, and as it was? Behind `posthouse check`.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::store {

/// A look at the tables that another module has in the store's database.
struct ModuleCheck {
  std::string what{};  ///< for progress: "queue"
  /// Calls `problem` with a line for each thing that is wrong. Must not write.
  std::function<void(sql::Connection& db, const std::function<void(const std::string& line)>& problem)> run{};
};

struct CheckOptions {
  std::string data_dir{};
  std::string database{};             ///< as StoreOptions::database
  std::size_t max_problems = 10'000;  ///< told in full (leftovers too); further ones are only counted
  /// Called now and then with what is being checked ("messages") and how much of it is done.
  std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress{};
  std::vector<ModuleCheck> modules{};  ///< looked at after the store's own tables
  std::string vfs{};                   ///< SQLite VFS, for tests
};

struct CheckReport {
  std::vector<std::string> problems{};  ///< one line each, e.g. "message 17: body is 12 octets long instead of 20"
  std::uint64_t problem_count = 0;      ///< may be more than problems.size()
  /// Files that belong to no message, one line each: what a crash between writing a body and recording it leaves
  /// behind, set aside by the next start of the server. No mail is affected, so they are not problems.
  std::vector<std::string> leftovers{};
  std::uint64_t leftover_count = 0;
  std::uint64_t set_aside = 0;          ///< files in `<data>/orphans`, which starts of the server have moved there
  std::vector<std::string> warnings{};  ///< one line each: files and folders that others may read
  std::uint64_t domains = 0, accounts = 0, aliases = 0, mailboxes = 0, mailbox_messages = 0, messages = 0;
  std::uint64_t body_octets = 0;  ///< of all messages
  std::uint64_t body_files = 0;
  bool server_running = false;  ///< files younger than an hour are then on their way in, not leftovers
  bool clean() const noexcept { return problem_count == 0; }
};

/// Verifies the database (the engine's own check, foreign keys), every body's size and SHA-256, the counters of every
/// mailbox and account, and the counts of the former, that every row that holds a message finds it and every message is
/// held, the index for searches, other modules' rows, and which files have no row. Says what may be read by others. Changes
/// nothing. Throws store::Error or sql::Error when it cannot even begin.
CheckReport check(const CheckOptions& options);

}  // namespace posthouse::store
