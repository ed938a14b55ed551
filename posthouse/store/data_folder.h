#pragma once
// The data folder and the database in it: made, locked, opened with the settings durability rests on. Private to this
// module.
#include <chrono>
#include <filesystem>
#include <string>

#include "posthouse/sql/connection.h"
#include "posthouse/store/bodies.h"

namespace posthouse::store {

/// What a connection is for.
enum class Access { write, read, checkpoint };

class DataFolder {
 public:
  /// Throws Errc::data_folder when it does not exist and is not to be made, or cannot be made.
  DataFolder(const std::filesystem::path& path, bool create, std::string vfs, std::chrono::milliseconds busy_timeout,
             std::size_t wal_limit);

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path database() const { return path_ / "posthouse.db"; }

  /// Takes the lock of the one server on this folder until this object goes. Throws Errc::in_use.
  void lock();
  /// True when a server runs on the folder.
  static bool locked(const std::filesystem::path& path);

  /// Gives the log its full size from the start when there is plenty of space: a commit that
  /// overwrites waits about half as long for the disk as one that makes the file longer. SQLite takes zeros for the end
  /// of the log. Failures are of no consequence.
  void preallocate_log(sql::Connection& writer) const;

  /// A connection to the database with every setting made and read back. Errors: not_ours, locked, setting,
  /// data_folder.
  sql::Connection connect(Access access) const;

 private:
  void make();
  void refuse_foreign(sql::Connection& connection) const;
  void configure(sql::Connection& connection, Access access) const;

  std::filesystem::path path_;
  bool create_;
  std::string vfs_;
  std::chrono::milliseconds busy_timeout_;
  std::size_t wal_limit_;
  Descriptor lock_;
};

/// Throws the store::Error that says why the database `file` is no good; `error` itself when it is about something
/// else.
[[noreturn]] void rethrow_opening(const std::filesystem::path& file, const sql::Error& error);

/// Runs `f`; a sql::Error of it goes through rethrow_opening.
template <class F>
auto opening(const std::filesystem::path& file, F&& f) {
  try {
    return f();
  } catch (const sql::Error& error) {
    rethrow_opening(file, error);
  }
}

}  // namespace posthouse::store
