#include "posthouse/sql/connection/connection.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "posthouse/sql/connection/cursor.h"
#include "posthouse/sql/driver/url.h"
#include "posthouse/sql/mariadb/mariadb_connection.h"
#include "posthouse/sql/sqlite/sqlite_driver.h"
#include "posthouse/sql/sqlite/sqlite_url.h"
#include "posthouse/sql/statement/state.h"

namespace posthouse::sql {

Connection::Connection(std::function<std::unique_ptr<DriverConnection>()> open, const ConnectOptions& options)
    : state_(std::make_unique<detail::ConnectionState>(
          [open = std::move(open), timeout = options.busy_timeout] {
            auto driver = open();
            driver->set_busy_timeout(timeout);
            return driver;
          },
          options.statement_cache)) {}

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

void Connection::exec_script(std::string_view sql) {
  state_->driver().run_script(sql);
}
std::int64_t Connection::last_insert_id() const {
  return state_->driver().last_insert_id();
}
std::int64_t Connection::changes() const {
  return state_->driver().changes();
}
void Connection::begin(const TransactionOptions& options) {
  if (in_transaction()) {
    throw Error(Errc::usage, "a transaction is open already; use a Savepoint");
  }
  if (options.isolation) {
    const std::string_view first = state_->driver().isolation_statement(*options.isolation);
    if (!first.empty()) {
      exec(first);
    }
  }
  exec(state_->driver().begin_statement(options.mode));
}
void Connection::commit() {
  if (in_transaction()) {
    exec("COMMIT");
  }
}
void Connection::rollback() {
  if (in_transaction()) {
    exec("ROLLBACK");
  }
}
bool Connection::usable() const noexcept {
  return state_->driver().usable();
}
void Connection::reconnect() {
  state_->reconnect();
}
Cursor Connection::cursor() {
  return Cursor(*this);
}
bool Connection::in_transaction() const {
  return state_->driver().in_transaction();
}
void Connection::set_busy_timeout(std::chrono::milliseconds timeout) {
  state_->driver().set_busy_timeout(timeout);
}
void Connection::set_answer_timeout(std::chrono::milliseconds timeout) {
  state_->driver().set_answer_timeout(timeout);
}
void Connection::set_trace(TraceHook hook, const TraceOptions& options) {
  state_->set_trace(std::move(hook), options);
}
std::string_view Connection::engine() const noexcept {
  return state_->driver().engine();
}
std::size_t Connection::cached_statements() const noexcept {
  return state_->idle();
}

Connection connect(std::string_view url, const ConnectOptions& options) {
  if (url.starts_with("mysql://") || url.starts_with("mariadb://")) {
    return Connection([parsed = parse_url(url), options] { return open_mariadb(parsed, options); }, options);
  }
  if (!url.starts_with("sqlite://")) {
    throw Error(Errc::usage, fmt::format("unknown kind of database in URL {}: known are sqlite:///FILE and "
                                         "mysql://USER@HOST/DATABASE",
                                         url.substr(0, url.find("://"))));
  }
  const SqlitePlace place = parse_sqlite_url(url);
  ConnectOptions how = options;
  how.read_only = how.read_only || place.read_only;
  how.create = how.create && place.create;
  return Connection([file = place.file, how] { return open_sqlite(file, how); }, how);
}

std::string sqlite_url(std::string_view path) {
  std::string url = "sqlite:///";
  for (const char c : path) {
    if (c == '%') {
      url += "%25";
    } else if (c == '?') {
      url += "%3F";
    } else {
      url += c;
    }
  }
  return url;
}

}  // namespace posthouse::sql
