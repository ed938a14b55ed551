#include "posthouse/sql/sqlite/sqlite_blob.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "posthouse/sql/lexical.h"
#include "posthouse/sql/sqlite/sqlite_error.h"
#include "posthouse/sql/values/blob_lookup.h"

namespace posthouse::sql {
namespace {

using detail::at_place;
using detail::bind_key;

class SqliteBlob final : public DriverBlob {
 public:
  SqliteBlob(sqlite3* db, const BlobPlace& place, std::int64_t rowid, bool write, std::string sql)
      : db_(db), sql_(std::move(sql)) {
    const int result =
        sqlite3_blob_open(db, "main", place.table.c_str(), place.column.c_str(), rowid, write ? 1 : 0, &blob_);
    if (result != SQLITE_OK) {
      fail(db, result, sql_);
    }
  }
  SqliteBlob(const SqliteBlob&) = delete;
  SqliteBlob& operator=(const SqliteBlob&) = delete;
  ~SqliteBlob() override { sqlite3_blob_close(blob_); }

  std::uint64_t size() const override { return static_cast<std::uint64_t>(sqlite3_blob_bytes(blob_)); }
  void read(std::uint64_t offset, std::span<char> into) override {
    check(sqlite3_blob_read(blob_, into.data(), static_cast<int>(into.size()), static_cast<int>(offset)));
  }
  void write(std::string_view piece) override {
    check(sqlite3_blob_write(blob_, piece.data(), static_cast<int>(piece.size()), written_));
    written_ += static_cast<int>(piece.size());
  }
  void finish() override {}

 private:
  void check(int result) {
    if (result != SQLITE_OK) {
      fail(db_, result, sql_);
    }
  }

  sqlite3* db_;
  const std::string sql_;  // that found the row, for error messages
  sqlite3_blob* blob_ = nullptr;
  int written_ = 0;
};

struct Found {
  std::int64_t rowid;
  std::string kind;  // "blob", "null", "text", …
  std::string sql;
};

Found find(DriverConnection& connection, const BlobPlace& place) {
  const std::string sql = "select rowid, typeof(" + sql::quoted(place.column) + ")" + at_place(place);
  const auto statement = connection.prepare(sql);
  bind_key(*statement, 0, place);
  if (!statement->step()) {
    detail::no_such_blob(sql);
  }
  const Cell* const row = statement->row();
  return {row[0].integer, std::string(row[1].bytes), sql};
}

}  // namespace

std::unique_ptr<DriverBlob> open_sqlite_blob(sqlite3* db, DriverConnection& connection, const BlobPlace& place) {
  Found found = find(connection, place);
  if (found.kind != "blob") {
    detail::not_a_blob(place, found.kind, found.sql);
  }
  return std::make_unique<SqliteBlob>(db, place, found.rowid, false, std::move(found.sql));
}

std::unique_ptr<DriverBlob> replace_sqlite_blob(sqlite3* db, DriverConnection& connection, const BlobPlace& place,
                                                std::uint64_t size) {
  Found found = find(connection, place);
  const std::string sql =
      "update " + sql::quoted(place.table) + " set " + sql::quoted(place.column) + " = zeroblob(?) where rowid = ?";
  const auto statement = connection.prepare(sql);
  const std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  statement->bind_integer(0, static_cast<std::int64_t>(std::min(size, most)));
  statement->bind_integer(1, found.rowid);
  statement->step();
  statement->reset();
  return std::make_unique<SqliteBlob>(db, place, found.rowid, true, std::move(found.sql));
}

}  // namespace posthouse::sql
