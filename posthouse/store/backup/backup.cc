#include "posthouse/store/backup/backup.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <set>
#include <system_error>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/file.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/backup/files.h"
#include "posthouse/store/bodies/bodies.h"
#include "posthouse/store/database/data_folder.h"
#include "posthouse/store/error.h"
#include "posthouse/store/mailboxes/recount.h"
#include "posthouse/store/store.h"

namespace posthouse::store {

namespace fs = std::filesystem;

namespace {

constexpr const char* database_file = "posthouse.db";
constexpr const char* new_database_file = "posthouse.db.new";
constexpr int rounds = 5;  // of database and bodies, where bodies go meanwhile

void tell(const BackupProgress& progress, std::string_view what, std::uint64_t done, std::uint64_t total) {
  if (progress) {
    progress(what, done, total);
  }
}

fs::path house_in(const fs::path& data) {
  const DataFolder folder(data, false);
  if (folder.partner()) {
    throw Error(Errc::data_folder,
                fmt::format("the mail of {} is in a database server: dump that with its own tool and copy the folder; "
                            "the operator's guide says in which order",
                            data.string()));
  }
  if (!fs::exists(data / database_file)) {
    throw Error(Errc::data_folder, fmt::format("there is no house in {}", data.string()));
  }
  return data;
}

bool is_empty_or_new(const fs::path& folder) {
  return !fs::exists(folder) || (fs::is_directory(folder) && fs::is_empty(folder));
}

/// A connection that changes nothing; it writes all the same, to read what is in the log.
sql::Connection open_database_file(const fs::path& file) {
  return sql::connect(sql::sqlite_url(file.string()), {.create = false});
}

/// The body files that the database in `file` names, by their paths in the folder.
std::set<std::string> bodies_named_in(const fs::path& file) {
  sql::Connection db = open_database_file(file);
  std::set<std::string> names;
  for (auto [name] : db.query<std::string>("SELECT name FROM message_file")) {
    names.insert("bodies/" + name);
  }
  return names;
}

void sync_file(const fs::path& file) {
  const FileDescriptor descriptor = FileDescriptor::open(file, O_RDONLY);
  if (!descriptor || ::fsync(descriptor.get()) != 0) {
    throw_file_error("cannot sync", file, errno);
  }
}

/// The database as it is at one moment, written anew into `file`, on stable storage.
void snapshot(const fs::path& house, const fs::path& file, const BackupProgress& progress) {
  tell(progress, "database", 0, 0);
  fs::remove(file);
  open_database_file(house / database_file).exec("VACUUM INTO ?", file.string());
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  sync_file(file);
}

void copy_files(const fs::path& from, const fs::path& to, CopiedFiles& done, const BackupProgress& progress) {
  const std::vector<std::string> files = files_to_copy(from);
  std::uint64_t count = 0;
  for (const std::string& path : files) {
    tell(progress, "files", count++, files.size());
    (void)copy_across(from, to, path, done);
  }
}

/// Copies the bodies that are named and not there yet; false when one is gone from the house as well.
bool fetch_missing(const fs::path& house, const fs::path& target, const std::set<std::string>& named,
                   CopiedFiles& done) {
  return std::all_of(named.begin(), named.end(), [&](const std::string& path) {
    return fs::exists(target / path) || copy_across(house, target, path, done);
  });
}

/// Puts the new database in the old one's place. What a look at the old one has left beside it goes first: it is of no use
/// to the new one.
void put_in_place(const fs::path& target) {
  fs::remove(target / "posthouse.db-wal");
  fs::remove(target / "posthouse.db-shm");
  require_synced(target);
  fs::rename(target / new_database_file, target / database_file);
  require_synced(target);
}

std::uint64_t remove_unnamed(const fs::path& house, const fs::path& target, const std::set<std::string>& named) {
  std::uint64_t removed = 0;
  for (const std::string& path : files_to_copy(target)) {
    if (is_body(path) ? !named.contains(path) : !fs::exists(house / path)) {
      removed += fs::remove(target / path) ? 1 : 0;
    }
  }
  return removed;
}

void write_mark(const fs::path& target) {
  const std::string text =
      fmt::format("posthouse backup 1\nmade at {:%Y-%m-%dT%H:%M:%SZ}\n", fmt::gmtime(std::time(nullptr)));
  if (const int error = replace_file(target / backup_mark, text, 0600)) {
    throw_file_error("cannot write", target / backup_mark, error);
  }
}

void make_backup_folder(const fs::path& folder) {
  if (fs::create_directories(folder)) {
    fs::permissions(folder, fs::perms::owner_all);
  }
}

BackupReport report_of(const CopiedFiles& done, std::uint64_t removed) {
  return {.files_copied = done.files, .files_kept = done.kept, .files_removed = removed, .octets = done.octets};
}

/// What of `f` the file system refuses, as an error of the store.
template <class F>
BackupReport with_own_errors(F&& f) {
  try {
    return f();
  } catch (const fs::filesystem_error& error) {
    throw Error(Errc::body_file, error.what());
  }
}

BackupReport back_up(const fs::path& data, const fs::path& target, const BackupProgress& progress) {
  const fs::path house = house_in(data);
  if (!is_empty_or_new(target) && !fs::exists(target / backup_mark)) {
    throw Error(Errc::data_folder, fmt::format("{} is neither empty nor a backup", target.string()));
  }
  make_backup_folder(target);
  if (DataFolder::locked(target)) {
    throw Error(Errc::in_use, fmt::format("a server runs on {}", target.string()));
  }
  write_mark(target);
  CopiedFiles done;
  copy_files(house, target, done, progress);
  std::set<std::string> named;
  for (int round = 0;; ++round) {
    snapshot(house, target / new_database_file, progress);
    named = bodies_named_in(target / new_database_file);
    if (fetch_missing(house, target, named, done)) {
      break;
    }
    if (round + 1 == rounds) {
      throw Error(Errc::body_file, "files of letters are missing in the house: posthouse check says which");
    }
  }
  done.octets += fs::file_size(target / new_database_file);
  put_in_place(target);
  const std::uint64_t removed = remove_unnamed(house, target, named);
  write_mark(target);
  return report_of(done, removed);
}

BackupReport bring_back(const fs::path& source, const fs::path& data, const BackupProgress& progress) {
  if (!fs::exists(source / backup_mark) || !fs::exists(source / database_file)) {
    throw Error(Errc::data_folder, fmt::format("{} is no backup", source.string()));
  }
  if (!is_empty_or_new(data)) {
    throw Error(Errc::data_folder, fmt::format("{} is not empty: move away what is there", data.string()));
  }
  make_backup_folder(data);
  CopiedFiles done;
  copy_files(source, data, done, progress);
  snapshot(source, data / new_database_file, progress);
  for (const std::string& path : bodies_named_in(data / new_database_file)) {
    if (!fs::exists(data / path)) {
      throw Error(Errc::body_file, fmt::format("the backup lacks {}", path));
    }
  }
  done.octets += fs::file_size(data / new_database_file);
  put_in_place(data);
  return report_of(done, 0);
}

// Far more than a house gives out between two backups, and little enough for what has 32 bits to last (UIDs).
constexpr std::int64_t gap = 1'000'000;
constexpr std::int64_t last_uid = 0xFFFF'FFFF;

void step_over_in(Write& write, MailboxId mailbox) {
  sql::Connection& db = own_tables(write);
  const auto [account, uidnext] =
      db.query_one<AccountId, std::int64_t>("SELECT account_id, uidnext FROM mailbox WHERE id = ?", mailbox);
  if (uidnext > last_uid - 2 * gap) {
    throw Error(Errc::damaged, fmt::format("mailbox {}: its UIDs are used up", mailbox));
  }
  const auto modseq = db.query_one<std::int64_t>("SELECT modseq FROM account_counter WHERE account_id = ?", account);
  db.exec("DELETE FROM expunged WHERE mailbox_id = ?", mailbox);
  db.exec("UPDATE mailbox_message SET modseq = ? WHERE mailbox_id = ?", modseq, mailbox);
  db.exec(
      "UPDATE mailbox SET uidnext = uidnext + ?, highestmodseq = ?, expunge_floor = ?, expunged_ranges = 0 WHERE id = "
      "?",
      gap, modseq, modseq, mailbox);
  recount(write, mailbox);
}

}  // namespace

BackupReport backup(const fs::path& data, const fs::path& target, const BackupProgress& progress) {
  return with_own_errors([&] { return back_up(data, target, progress); });
}

BackupReport restore(const fs::path& source, const fs::path& data, const BackupProgress& progress) {
  return with_own_errors([&] { return bring_back(source, data, progress); });
}

void step_over(Store& store, const BackupProgress& progress) {
  store.write([](Write& write) {
    sql::Connection& db = own_tables(write);
    db.exec("UPDATE account_counter SET modseq = modseq + ?", gap);
    db.exec("UPDATE sqlite_sequence SET seq = seq + ?", gap);
  });
  const auto mailboxes = store.read(
      [](Read& read) { return own_tables(read).query<MailboxId>("SELECT id FROM mailbox ORDER BY id").all(); });
  std::uint64_t done = 0;
  for (const MailboxId mailbox : mailboxes) {
    tell(progress, "mailboxes", done++, mailboxes.size());
    store.write([&](Write& write) { step_over_in(write, mailbox); });
  }
}

}  // namespace posthouse::store
