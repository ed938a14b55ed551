#pragma once
// A copy of a house that runs, and a house out of a copy.
//
// A backup is a data folder itself: posthouse.db, bodies/ and whatever else lies in the house's folder, with the file
// `backup` beside. `check` verifies it as it does a house.
//
// Invariants.
//  1. A backup that was whole stays whole while the next one is made over it: files are added first, then the database is put in
//     place by one rename, then files go that it does not name.
//  2. Every body that the database of a backup names is in it: bodies are copied before and after the database, and looked for.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace posthouse::store {

/// The file that says that a folder is a backup.
inline constexpr std::string_view backup_mark = "backup";

/// Called now and then with what is being done ("files"), how much of it is done and how much there is; 0: not known.
using BackupProgress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

struct BackupReport {
  std::uint64_t files_copied = 0;
  std::uint64_t files_kept = 0;     ///< They were in the backup already.
  std::uint64_t files_removed = 0;  ///< No message names them any more.
  std::uint64_t octets = 0;         ///< That were copied, those of the database among them.
};

/// Makes `target`, which does not exist, is empty or is an earlier backup, a copy of the house in `data`, whether a server
/// runs on it or not; nobody waits for it. Only what has changed is copied, and the database. Blocks. Throws Error:
/// data_folder (no house, no backup, a house whose database is on a server), body_file, in_use (a server runs on `target`);
/// sql::Error.
///
///     store::backup("/var/lib/posthouse", "/backup/posthouse");
BackupReport backup(const std::filesystem::path& data, const std::filesystem::path& target,
                    const BackupProgress& progress = {});

/// Makes `data`, which does not exist or is empty, the house that `source` is a backup of. The database comes last: before,
/// there is no house. Throws as backup().
BackupReport restore(const std::filesystem::path& source, const std::filesystem::path& data,
                     const BackupProgress& progress = {});

class Store;

/// After restore(), before a server runs: whatever the house has given out since the backup was made (UIDs, MODSEQs, ids of
/// rows) is never given again, so that no client takes a new message for one it knows. All flags count as changed, so that
/// clients see what they are now; what was expunged is not known any more (RFC 7162 section 3.2.10.1). UIDVALIDITY stays: nobody
/// fetches his mail again. `progress` counts mailboxes.
void step_over(Store& store, const BackupProgress& progress = {});

}  // namespace posthouse::store
