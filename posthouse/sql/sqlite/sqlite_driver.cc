#include "posthouse/sql/sqlite/sqlite_driver.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "posthouse/fiber/scope.h"
#include "posthouse/sql/lexical.h"
#include "posthouse/sql/sqlite/sqlite_blob.h"
#include "posthouse/sql/sqlite/sqlite_decimal.h"
#include "posthouse/sql/sqlite/sqlite_error.h"

namespace posthouse::sql {
namespace {

/// Nothing but white space, comments and semicolons.
bool is_blank(std::string_view text) {
  constexpr std::string_view between(" \t\n\r\f;\0", 7);
  while (!text.empty()) {
    const bool comment = text.starts_with("--") || text.starts_with("/*");
    if (!comment && between.find(text.front()) == std::string_view::npos) {
      return false;
    }
    text.remove_prefix(comment ? skip_inert(text, 0) : 1);
  }
  return true;
}

/// Lets a DeadlineScope and a cancellation end what SQLite does without returning: long work, and waiting for locks.
class Interruption {
 public:
  explicit Interruption(sqlite3* db) : db_(db) {
    sqlite3_progress_handler(db, steps_between_looks, &on_progress, nullptr);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  void set_busy_timeout(std::chrono::milliseconds timeout) noexcept {
    patience_ = timeout;
    sqlite3_busy_handler(db_, timeout.count() > 0 ? &on_busy : nullptr, this);
  }

 private:
  // Of its virtual machine; some tenths of a millisecond.
  static constexpr int steps_between_looks = 10'000;

  // Whoever made the call asks again for what it was, in fail().
  static bool asked_for() noexcept {
    try {
      fiber::throw_if_interrupted();
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }
  static int on_progress(void*) noexcept { return asked_for() ? 1 : 0; }
  static int on_busy(void* self, int attempt) noexcept { return static_cast<Interruption*>(self)->pause(attempt); }
  int pause(int attempt) noexcept {
    using std::chrono::milliseconds;
    constexpr std::array<int, 8> pauses_ms{1, 2, 5, 10, 20, 25, 50, 100};
    const auto now = std::chrono::steady_clock::now();
    if (attempt == 0) {
      busy_since_ = now;
    }
    const auto left = std::chrono::ceil<milliseconds>(busy_since_ + patience_ - now);
    if (left.count() <= 0 || asked_for()) {
      return 0;
    }
    const auto place = std::min<std::size_t>(static_cast<std::size_t>(attempt), pauses_ms.size() - 1);
    std::this_thread::sleep_for(std::min(left, milliseconds(pauses_ms[place])));
    return 1;
  }

  sqlite3* db_;
  std::chrono::milliseconds patience_{0};
  std::chrono::steady_clock::time_point busy_since_{};
};

/// Compiles the first statement of `sql`, which is then cut off; null when only comments and white space are left.
sqlite3_stmt* compile(sqlite3* db, std::string_view& sql, unsigned flags) {
  if (sql.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(Errc::too_big, "statement of more than 2 GiB");
  }
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int result = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), flags, &statement, &tail);
  if (result != SQLITE_OK) {
    fail(db, result, sql);
  }
  sql.remove_prefix(static_cast<std::size_t>(tail - sql.data()));
  return statement;
}

class SqliteStatement final : public DriverStatement {
 public:
  /// `sql` must outlive the statement (the cache owns the text).
  SqliteStatement(sqlite3* db, std::string_view sql) : db_(db), sql_(sql) {
    std::string_view rest = sql;
    statement_ = compile(db, rest, SQLITE_PREPARE_PERSISTENT);
    if (statement_ == nullptr) {
      throw Error(Errc::usage, "the statement is empty", sql);
    }
    if (is_blank(rest)) {
      kinds_.resize(static_cast<std::size_t>(parameter_count()));
      return;
    }
    sqlite3_finalize(std::exchange(statement_, nullptr));
    throw Error(Errc::usage, "more than one statement; use exec_script", sql);
  }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement() override { sqlite3_finalize(statement_); }

  int parameter_count() const override { return sqlite3_bind_parameter_count(statement_); }
  int column_count() const override { return sqlite3_column_count(statement_); }
  std::string_view column_name(int column) const override {
    const char* const name = sqlite3_column_name(statement_, column);
    return name == nullptr ? std::string_view("?") : std::string_view(name);
  }

  void bind_null(int parameter) override {
    note(parameter, CellKind::null);
    check(sqlite3_bind_null(statement_, parameter + 1));
  }
  void bind_integer(int parameter, std::int64_t value) override {
    note(parameter, CellKind::integer);
    check(sqlite3_bind_int64(statement_, parameter + 1, value));
  }
  void bind_real(int parameter, double value) override {
    note(parameter, CellKind::real);
    check(sqlite3_bind_double(statement_, parameter + 1, value));
  }
  void bind_text(int parameter, std::string_view value, bool copy) override {
    bound_ = true;
    note(parameter, CellKind::text);
    check(sqlite3_bind_text64(statement_, parameter + 1, not_null(value), value.size(), lifetime(copy), SQLITE_UTF8));
  }
  void bind_blob(int parameter, std::string_view value, bool copy) override {
    bound_ = true;
    note(parameter, CellKind::blob);
    check(sqlite3_bind_blob64(statement_, parameter + 1, not_null(value), value.size(), lifetime(copy)));
  }

  bool step() override {
    cells_.clear();
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) {
      return true;
    }
    if (result != SQLITE_DONE) {
      fail(db_, result, sql_);
    }
    return false;
  }

  const Cell* row() override {
    if (!cells_.empty()) {
      return cells_.data();
    }
    cells_.resize(static_cast<std::size_t>(sqlite3_data_count(statement_)));
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      read(static_cast<int>(i), cells_[i]);
    }
    return cells_.data();
  }

  void reset() noexcept override {
    cells_.clear();
    sqlite3_reset(statement_);
    // Numbers are copied; only what may point into the caller's memory has to be forgotten.
    if (bound_) {
      sqlite3_clear_bindings(statement_);
    }
    bound_ = false;
  }
  std::string_view sql() const noexcept override { return sql_; }
  std::vector<CellKind> parameter_kinds() const override { return kinds_; }

 private:
  void note(int parameter, CellKind kind) noexcept { kinds_[static_cast<std::size_t>(parameter)] = kind; }
  void read(int column, Cell& cell) const {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_INTEGER:
        cell.kind = CellKind::integer;
        cell.integer = sqlite3_column_int64(statement_, column);
        break;
      case SQLITE_FLOAT:
        cell.kind = CellKind::real;
        cell.real = sqlite3_column_double(statement_, column);
        break;
      case SQLITE_TEXT:
        cell.kind = CellKind::text;
        cell.bytes = bytes(sqlite3_column_text(statement_, column), column);
        break;
      case SQLITE_BLOB:
        cell.kind = CellKind::blob;
        cell.bytes = bytes(sqlite3_column_blob(statement_, column), column);
        break;
      default:
        cell.kind = CellKind::null;
    }
  }
  void check(int result) {
    if (result != SQLITE_OK) {
      fail(db_, result, sql_);
    }
  }
  static const char* not_null(std::string_view value) { return value.data() == nullptr ? "" : value.data(); }
  static sqlite3_destructor_type lifetime(bool copy) { return copy ? SQLITE_TRANSIENT : SQLITE_STATIC; }
  std::string_view bytes(const void* data, int column) const {
    if (data == nullptr) {  // an empty blob, or out of memory
      if (sqlite3_errcode(db_) == SQLITE_NOMEM) {
        fail(db_, SQLITE_NOMEM, sql_);
      }
      return {"", 0};
    }
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

  sqlite3* db_;
  std::string_view sql_;
  sqlite3_stmt* statement_ = nullptr;
  std::vector<CellKind> kinds_{};  // of what is bound
  std::vector<Cell> cells_{};      // of the current row, once somebody has looked
  bool bound_ = false;
};

class SqliteConnection final : public DriverConnection {
 public:
  explicit SqliteConnection(sqlite3* db) : db_(db), interruption_(db) {}
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection() override { sqlite3_close_v2(db_); }

  std::unique_ptr<DriverStatement> prepare(std::string_view sql) override {
    return std::make_unique<SqliteStatement>(db_, sql);
  }

  void run_script(std::string_view sql) override {
    while (!is_blank(sql)) {
      const std::string_view text = sql;
      sqlite3_stmt* const statement = compile(db_, sql, 0);
      if (statement == nullptr) {
        break;  // a comment at the end
      }
      int result = SQLITE_ROW;
      while (result == SQLITE_ROW) {
        result = sqlite3_step(statement);
      }
      try {
        if (result != SQLITE_DONE) {
          fail(db_, result, text.substr(0, text.size() - sql.size()));
        }
      } catch (...) {
        sqlite3_finalize(statement);
        throw;
      }
      sqlite3_finalize(statement);
    }
  }

  std::unique_ptr<DriverBlob> open_blob(const BlobPlace& place) override { return open_sqlite_blob(db_, *this, place); }
  std::unique_ptr<DriverBlob> replace_blob(const BlobPlace& place, std::uint64_t size) override {
    return replace_sqlite_blob(db_, *this, place, size);
  }
  std::int64_t last_insert_id() override { return sqlite3_last_insert_rowid(db_); }
  std::int64_t changes() const override { return sqlite3_changes64(db_); }
  std::int64_t total_changes() const override { return sqlite3_total_changes64(db_); }
  bool usable() const noexcept override { return true; }
  bool in_transaction() const override { return sqlite3_get_autocommit(db_) == 0; }
  std::string_view begin_statement(TransactionMode mode) const override {
    switch (mode) {
      case TransactionMode::immediate:
        return "BEGIN IMMEDIATE";
      case TransactionMode::exclusive:
        return "BEGIN EXCLUSIVE";
      case TransactionMode::deferred:
        break;
    }
    return "BEGIN";
  }
  // Connections that share no cache are always serializable.
  std::string_view isolation_statement(Isolation) const override { return {}; }
  void set_busy_timeout(std::chrono::milliseconds timeout) override { interruption_.set_busy_timeout(timeout); }
  std::string_view engine() const noexcept override { return "sqlite"; }

 private:
  sqlite3* db_;
  Interruption interruption_;
};

}  // namespace

namespace {

/// SQLite counts every allocation under one lock for the whole process, and nobody reads the count.
void stop_counting_memory() {
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // refused, and no harm, once SQLite is in use
  (void)done;
}

}  // namespace

std::unique_ptr<DriverConnection> open_sqlite(const std::string& file, const ConnectOptions& options) {
  stop_counting_memory();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create && !options.read_only) {
    flags |= SQLITE_OPEN_CREATE;
  }
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(file.c_str(), &db, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (result != SQLITE_OK) {
    std::string what = "cannot open the database " + file + ": " + (db ? sqlite3_errmsg(db) : sqlite3_errstr(result));
    const int reason = db != nullptr ? sqlite3_system_errno(db) : 0;
    if (reason != 0) {
      what += std::string(" (") + std::generic_category().message(reason) + ")";
    }
    sqlite3_close_v2(db);
    throw Error(errc_of(result), what, {}, EngineCode{.primary = result & 0xff, .extended = result});
  }
  auto connection = std::make_unique<SqliteConnection>(db);
  // A "text" with double quotes that names no column is a mistake, not a string.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  // A database file from elsewhere cannot make us run its functions.
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, options.foreign_keys ? 1 : 0, nullptr);
  add_decimal_collation(db);
  return connection;
}

}  // namespace posthouse::sql
