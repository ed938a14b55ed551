#pragma once
// The store in a SQLite file of the data folder. Private to this module.
#include "posthouse/store/database/database.h"

namespace posthouse::store {

/// Nothing but the folder's lock says which process is the server: the file is in the folder.
class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(DataFolder& folder, const DatabaseOptions& options);

  std::string name() const override { return file_.string(); }
  sql::Connection connect(Access access) const override;
  void explain(const sql::Error& error) const override;
  void join_folder(sql::Connection& writer) override;
  void become_server(sql::Connection& writer) override;
  bool server_running(sql::Connection& db) const override;
  std::unique_ptr<Turns> turns() const override;
  std::unique_ptr<Log> log() const override;
  void check_integrity(sql::Connection& db, const Tell& tell) const override;
  void check_foreign_keys(sql::Connection& db, const Tell& tell) const override;

 private:
  void make_file() const;
  void refuse_foreign(sql::Connection& connection) const;
  void configure(sql::Connection& connection, Access access) const;
  void preallocate_log(sql::Connection& writer) const;

  const DataFolder& folder_;
  const DatabaseOptions options_;
  const std::filesystem::path file_;
};

}  // namespace posthouse::store
