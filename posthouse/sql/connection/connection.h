#pragma once
// The way to a database: connect, then exec and query.
//
//     auto db = sql::connect("sqlite:///test.db");
//     db.exec("create table if not exists user (id varchar(20) primary key, name varchar(20))");
//     db.exec("insert into user (id, name) values (?, ?)", "1", "Michael");
//     for (auto [id, name] : db.query<std::string, std::string>("select id, name from user where id = ?", "1"))
//       std::cout << id << ' ' << name << '\n';
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/connection/batch.h"
#include "posthouse/sql/driver/connect_options.h"
#include "posthouse/sql/statement/statement.h"
#include "posthouse/sql/statement/trace.h"

namespace posthouse::sql {

class Cursor;

/// A connection to a database. Movable; used by one thread (fiber) at a time. Closed when destroyed; what a
/// transaction had not committed is undone then.
///
/// Parameters are bound by value, in the order of the `?`s; statements are prepared and cached by their text. See value.h
/// for how C++ types and columns match.
///
/// Every failure is a sql::Error, but for those calls that a fiber::DeadlineScope or a cancellation ends: they throw
/// fiber::Error (timeout, canceled), in fibers and in threads. On MariaDB that ends the connection (usable() is false),
/// since the answer is still under way; whether the statement ran is not known. On SQLite it undoes the statement, or
/// the transaction around it.
class Connection {
 public:
  /// Over an engine of one's own: `open` is called here and in reconnect(). Programs call connect().
  explicit Connection(std::function<std::unique_ptr<DriverConnection>()> open, const ConnectOptions& options = {});
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Runs one statement and returns how many rows it changed (0 for what changes none). Rows and results it yields are
  /// dropped.
  template <class... Args>
  std::int64_t exec(std::string_view sql, const Args&... args) {
    detail::Run run = start(sql, args...);
    run.bind(false, args...);
    return run.finish();
  }

  /// Runs one statement for each element of `rows` (tuples, pairs, plain structs, or single values), as one
  /// transaction, or a part of the one that is open: all of them happen or none. Returns how many rows were changed.
  /// MariaDB gets them in bulk.
  ///
  ///     db.exec_many("insert into user (id, name) values (?, ?)", users);
  template <std::ranges::input_range Rows>
  std::int64_t exec_many(std::string_view sql, Rows&& rows) {
    return run_many(sql, rows, true);
  }

  /// The same without a transaction or savepoint of its own, each of which is two trips to a server: where one fails, what
  /// those before it did stays until the caller, in whose transaction that is, undoes it.
  template <std::ranges::input_range Rows>
  std::int64_t exec_each(std::string_view sql, Rows&& rows) {
    return run_many(sql, rows, false);
  }

  /// The same for a statement that yields rows: all of them, as tuples of `Ts` or a T for one column, those of the first
  /// element first. MariaDB gets `INSERT … VALUES … RETURNING` in bulk.
  ///
  ///     const auto ids = db.query_each<std::int64_t>("insert into user (name) values (?) returning id", names);
  template <class... Ts, std::ranges::input_range Rows>
  std::vector<detail::Result<Ts...>> query_each(std::string_view sql, Rows&& rows) {
    static_assert(!(detail::is_view<Ts> || ...), "a view into a row does not outlive it: ask for std::string or Blob");
    std::vector<detail::Result<Ts...>> found;
    detail::Run run(*state_, sql);
    run.expect_columns(detail::columns_of<Ts...>());
    const auto take = [&] { found.push_back(detail::unwrap<Ts...>(run.row<Ts...>())); };
    for (const auto& row : rows) {
      run.bind_element(row);
      run.add_to_batch(take);
    }
    run.run_batch(take);
    return found;
  }

  /// The rows of a query as tuples of `Ts`, one per column. Throws Error (usage) when the numbers differ, by MariaDB's
  /// CALL and RETURNING when it has run. Of several results (CALL) it is the first that counts; query() without types
  /// gives them all.
  template <class... Ts, class... Args>
  Rows<Ts...> query(std::string_view sql, const Args&... args) {
    Rows<Ts...> rows(start(sql, args...));
    rows.bind(args...);
    return rows;
  }

  /// The only row: a T for one column, a tuple for several. Throws Error (no_row, too_many_rows) when there is not just
  /// one.
  template <class... Ts, class... Args>
  detail::Result<Ts...> query_one(std::string_view sql, const Args&... args) {
    detail::Run run = start(sql, args...);
    return detail::only_row<Ts...>(run, args...);
  }

  /// The only row, or nothing when there is none. Throws Error (too_many_rows) when there are several.
  template <class... Ts, class... Args>
  std::optional<detail::Result<Ts...>> query_optional(std::string_view sql, const Args&... args) {
    detail::Run run = start(sql, args...);
    return detail::optional_row<Ts...>(run, args...);
  }

  /// A cursor, for those who know Python's DB-API; see cursor.h.
  Cursor cursor();

  /// Begins a transaction that ends by commit() or rollback(). Where a scope does, Transaction is safer. Throws
  /// Error (usage) when one is open already.
  ///
  /// On MariaDB and MySQL a statement that changes the schema (CREATE, ALTER, DROP, TRUNCATE, RENAME, …) commits the
  /// transaction first, and cannot be undone; in_transaction() tells. SQLite undoes it like any other.
  void begin(TransactionMode mode = TransactionMode::deferred) { begin(TransactionOptions{.mode = mode}); }
  void begin(const TransactionOptions& options);
  /// Makes what was done since begin() permanent; nothing where no transaction is open.
  void commit();
  /// Undoes what was done since begin(); nothing where no transaction is open.
  void rollback();

  /// False when the connection has ended, or can no longer be trusted to give the right answers: reconnect(), or let it
  /// go.
  bool usable() const noexcept;
  /// Goes over to a new connection to the same database, as if made by connect(). Statements that were prepared go on
  /// working; an open transaction is undone; rows still being read must be gone.
  void reconnect();

  /// Prepares a statement to be run many times.
  Statement prepare(std::string_view sql) { return Statement(*state_, sql); }

  /// Runs several statements separated by semicolons, without parameters; stops at the first that fails.
  void exec_script(std::string_view sql);

  /// The id that the last INSERT on this connection gave its row.
  std::int64_t last_insert_id() const;
  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  /// True between BEGIN and COMMIT or ROLLBACK. Some failures (disk full, I/O) end a transaction by themselves.
  bool in_transaction() const;
  /// How long a statement waits for another connection's lock before it fails with Errc::busy.
  void set_busy_timeout(std::chrono::milliseconds timeout);
  /// MariaDB: how long the server may be silent from now on while something of it is awaited (an answer, the next rows,
  /// room for what is sent) before the call fails with Errc::lost and the connection ends; 0: for ever. Ten minutes
  /// unless ConnectOptions::answer_timeout says otherwise. For a shorter time around some calls take a
  /// fiber::DeadlineScope.
  void set_answer_timeout(std::chrono::milliseconds timeout);
  /// Calls `hook` after every statement from now on; an empty function ends that. The hook must not use the connection.
  /// Values of parameters are told only where `options` ask for them. See trace.h for one that writes lines.
  void set_trace(TraceHook hook, const TraceOptions& options = {});
  /// "sqlite" or "mariadb".
  std::string_view engine() const noexcept;
  /// Prepared statements kept at the moment.
  std::size_t cached_statements() const noexcept;

 private:
  friend class BlobReader;
  friend class BlobWriter;
  friend class Cursor;
  friend class OrmGate;
  friend class Transaction;
  friend class Savepoint;
  template <class Rows>
  std::int64_t run_many(std::string_view sql, Rows& rows, bool whole) {
    detail::Batch batch(*this, *state_, sql, whole);
    for (const auto& row : rows) {
      batch.add(row);
    }
    return batch.finish();
  }
  // A run of `sql`, to which the values are still to be bound.
  template <class... Args>
  detail::Run start(std::string_view sql, [[maybe_unused]] const Args&... args) {
    if constexpr ((detail::is_list<Args> || ...)) {
      return detail::Run(*state_, detail::spread_lists(sql, {detail::places(args)...}));
    } else {
      return detail::Run(*state_, sql);
    }
  }

  std::unique_ptr<detail::ConnectionState> state_;
};

/// Opens a database by its URL:
///
///     sqlite:///file.db       a file, relative to the current directory
///     sqlite:////var/file.db  a file, absolute
///     sqlite://:memory:       a database in memory that lives as long as the connection
///     mysql://user:password@host:3306/database    a MariaDB or MySQL server (mariadb:// says the same)
///     mysql://user@/database?unix_socket=/run/mysqld/mysqld.sock
///
/// `%XX` stands for an octet. A file's parameter: mode, by the words of SQLite's own URIs: `?mode=ro` (nothing can be
/// changed), `rw` (the file must be there) or `rwc` (the default: it is made). Unknown ones are refused. Parameters of
/// servers: unix_socket; ssl_ca, a PEM file of the authorities to trust
/// instead of the system's; ssl_mode, by the names that MySQL's clients use: verify_identity (TLS, the certificate and
/// its name checked; the default), verify_ca (any name), required (TLS; the certificate checked only where ssl_ca is
/// given), preferred (TLS if the server has it) or disabled (the default for this machine itself). With libmariadb 3.4
/// and later the name is checked wherever the certificate is. Sessions speak UTF-8, keep times in UTC, refuse what does
/// not fit, and take "x" for a name and backslashes as they are, as SQLite does. Throws Error: usage for a bad URL, connection, permission, not_a_database.
Connection connect(std::string_view url, const ConnectOptions& options = {});

/// The URL of a SQLite file.
std::string sqlite_url(std::string_view path);

}  // namespace posthouse::sql
