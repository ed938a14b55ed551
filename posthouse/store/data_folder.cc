#include "posthouse/store/data_folder.h"

#include <cstdint>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/sql/transaction.h"
#include "posthouse/store/error.h"

namespace posthouse::store {

namespace fs = std::filesystem;

namespace {

// "Post" in ASCII: tells our database from others' (PRAGMA application_id).
constexpr std::int64_t application_id = 0x506F7374;

constexpr int page_size = 4096;

std::string value_of(sql::Connection& connection, const std::string& name) {
  return sql::to_string(connection.query_one<sql::Value>("PRAGMA " + name));
}

/// Makes a setting and reads it back.
void set(sql::Connection& connection, const std::string& name, const std::string& value, const std::string& expected) {
  connection.exec("PRAGMA " + name + " = " + value);
  const std::string found = value_of(connection, name);
  if (found != expected) {
    throw Error(Errc::setting, "the database does not take the setting " + name + " = " + value + " (it says '" +
                                   printable(found) + "'); mail would not be safe there");
  }
}

void set(sql::Connection& connection, const std::string& name, std::int64_t value) {
  set(connection, name, std::to_string(value), std::to_string(value));
}

}  // namespace

void rethrow_opening(const fs::path& file, const sql::Error& error) {
  switch (error.kind()) {
    case sql::ErrorKind::not_a_database:
    case sql::ErrorKind::corrupt:
      throw Error(Errc::not_ours,
                  file.string() + " is damaged, or not a database: restore it from a backup (" + error.what() + ")");
    case sql::ErrorKind::busy:
      throw Error(Errc::locked, file.string() + " is locked by another process (" + error.what() + ")");
    case sql::ErrorKind::connection:
    case sql::ErrorKind::permission:
    case sql::ErrorKind::read_only:
      throw Error(Errc::data_folder, error.what());
    default:
      throw error;
  }
}

DataFolder::DataFolder(const fs::path& path, bool create, std::string vfs, std::chrono::milliseconds busy_timeout,
                       std::size_t wal_limit)

    : path_(path.empty() ? path : fs::absolute(path)),
      create_(create),
      vfs_(std::move(vfs)),
      busy_timeout_(busy_timeout),
      wal_limit_(wal_limit) {
  if (path_.empty()) throw Error(Errc::data_folder, "no data folder given");
  std::error_code error;
  if (!fs::is_directory(path_, error)) make();
  if (!create_ && !fs::exists(database(), error)) {
    throw Error(Errc::data_folder,
                "there is no Posthouse data in " + path_.string() + "; posthouse domain add makes it");
  }
}

void DataFolder::make() {
  std::error_code error;
  if (!create_ && !fs::exists(path_, error))
    throw Error(Errc::data_folder, "there is no data folder " + path_.string() + "; posthouse domain add makes one");
  fs::create_directories(path_.parent_path(), error);
  if (!error && ::mkdir(path_.c_str(), 0700) != 0) error.assign(errno, std::generic_category());
  std::error_code ignored;
  if (fs::is_directory(path_, ignored)) return;  // another process may have made it in the same moment
  if (fs::exists(path_, ignored)) throw Error(Errc::data_folder, path_.string() + " is not a folder");
  throw Error(Errc::data_folder, "cannot make the data folder " + path_.string() + ": " + error.message());
}

void DataFolder::lock() {
  const fs::path file = path_ / "lock";
  Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (descriptor.get() < 0) {
    throw Error(Errc::data_folder, "cannot open " + file.string() + ": " + std::generic_category().message(errno));
  }
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    char pid[32] = {};
    const ssize_t length = ::pread(descriptor.get(), pid, sizeof pid - 1, 0);
    const std::string who = length > 0 ? " (process " + std::string(trim(pid)) + ")" : "";
    throw Error(Errc::in_use, "another server is running on the data folder " + path_.string() + who);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor.get(), 0) == 0) (void)!::pwrite(descriptor.get(), pid.data(), pid.size(), 0);
  lock_ = std::move(descriptor);
}

bool DataFolder::locked(const fs::path& path) {
  const Descriptor descriptor(::open((path / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  return descriptor.get() >= 0 && ::flock(descriptor.get(), LOCK_SH | LOCK_NB) != 0;
}

sql::Connection DataFolder::connect(Access access) const {
  return opening(database(), [&] {
    sql::ConnectOptions options;
    options.busy_timeout = busy_timeout_;
    options.create = create_ && access == Access::write;
    options.read_only = access == Access::read;
    options.vfs = vfs_;
    sql::Connection connection = sql::connect(sql::sqlite_url(database().string()), options);
    configure(connection, access);
    return connection;
  });
}

void DataFolder::preallocate_log(sql::Connection& writer) const {
  try {
    const fs::path log = database().string() + "-wal";
    if (fs::space(path_).available / 20 < wal_limit_) return;
    const sql::Transaction nobody_else_writes(writer, sql::TransactionMode::immediate);
    const Descriptor file(::open(log.c_str(), O_WRONLY | O_CLOEXEC));
    const off_t used = ::lseek(file.get(), 0, SEEK_END);
    if (used < 0) return;
    try {
      const std::string zeros(256 * 1024, '\0');
      for (auto size = static_cast<std::size_t>(used); size < wal_limit_; size += zeros.size()) {
        write_all(file.get(), zeros, log);
      }
      if (::fsync(file.get()) != 0) throw_file_error("cannot sync", log);
    } catch (const Error&) {
      (void)!::ftruncate(file.get(), used);
    }
  } catch (const std::exception&) {  // then the log grows as it is used
  }
}

void DataFolder::refuse_foreign(sql::Connection& connection) const {
  // In this order: another process may be making the database at this moment, and sets the id before it makes tables.
  const auto tables = connection.query_one<std::int64_t>("SELECT count(*) FROM sqlite_master");
  const auto id = connection.query_one<std::int64_t>("PRAGMA application_id");
  if (id == application_id) return;
  if (id != 0 || tables != 0) {
    throw Error(Errc::not_ours, database().string() + " is a database of another program");
  }
}

void DataFolder::configure(sql::Connection& connection, Access access) const {
  set(connection, "busy_timeout", busy_timeout_.count());
  refuse_foreign(connection);
  set(connection, "foreign_keys", 1);
  set(connection, "cell_size_check", 1);
  // Temporary tables and the copies of pages that savepoints need stay in memory.
  set(connection, "temp_store", 2);
  if (access == Access::read) {
    set(connection, "query_only", 1);
    set(connection, "cache_size", -1024);
    return;
  }
  if (connection.query_one<std::int64_t>("PRAGMA page_count") == 0) set(connection, "page_size", page_size);
  // The log is synced before a commit returns (2 = FULL), and moved into the database by our own threads only.
  set(connection, "journal_mode", "WAL", "wal");
  set(connection, "synchronous", 2);
  set(connection, "wal_autocheckpoint", 0);
  set(connection, "journal_size_limit", static_cast<std::int64_t>(wal_limit_));
  if (access == Access::write) {
    set(connection, "cache_size", -16 * 1024);
    if (connection.query_one<std::int64_t>("PRAGMA application_id") == 0) {
      set(connection, "application_id", application_id);
    }
  }
}

}  // namespace posthouse::store
