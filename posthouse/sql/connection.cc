#include "posthouse/sql/connection.h"

#include <string>
#include <utility>

#include "posthouse/sql/cursor.h"
#include "posthouse/sql/mariadb/mariadb_connection.h"
#include "posthouse/sql/placeholders.h"
#include "posthouse/sql/sqlite/sqlite_driver.h"
#include "posthouse/sql/state.h"
#include "posthouse/sql/url.h"

namespace posthouse::sql {
namespace detail {

ConnectionState::ConnectionState(Open open, std::size_t statement_cache)
    : open_(std::move(open)), driver_(open_()), limit_(statement_cache) {}

ConnectionState::~ConnectionState() {
  forget_statements();  // they go before their connection
}

void ConnectionState::forget_statements() noexcept {
  last_.reset();
  index_.clear();
  idle_.clear();
}

void ConnectionState::reconnect() {
  std::shared_ptr<DriverConnection> fresh = open_();
  forget_statements();
  driver_ = std::move(fresh);
  savepoints = 0;
}

void ConnectionState::prepare(CachedStatement& statement) {
  Placeholders placeholders = find_placeholders(statement.sql);
  statement.driver.reset();
  statement.connection = driver_;
  statement.prepared = std::move(placeholders.sql);
  statement.names = std::move(placeholders.names);
  statement.driver = driver_->prepare(statement.prepared);
}

void ConnectionState::refresh(CachedStatement& statement) {
  if (statement.connection != driver_ || statement.driver == nullptr) {
    prepare(statement);
  }
}

CachedStatement* ConnectionState::take(std::string_view sql) {
  if (last_ != nullptr && last_->sql == sql) {
    ++last_->used;
    return last_.release();
  }
  if (const auto found = index_.find(sql); found != index_.end()) {
    const Idle::iterator node = found->second;
    index_.erase(found);
    CachedStatement* const statement = node->release();
    spare_.splice(spare_.begin(), idle_, node);
    ++statement->used;
    return statement;
  }
  auto statement = std::make_unique<CachedStatement>();
  statement->sql = sql;
  prepare(*statement);
  return statement.release();
}

void ConnectionState::give_back(CachedStatement* statement) noexcept {
  std::unique_ptr<CachedStatement> owned(statement);
  if (limit_ == 0 || owned->connection != driver_) {
    return;
  }
  std::swap(last_, owned);
  if (owned != nullptr) {
    keep(std::move(owned));
  }
}

void ConnectionState::keep(std::unique_ptr<CachedStatement> statement) noexcept {
  try {
    if (spare_.empty()) {
      spare_.emplace_front();
    }
    const auto [place, fresh] = index_.try_emplace(statement->sql, spare_.begin());
    if (!fresh) {
      return;  // a twin, prepared while this one was out, is kept already
    }
    idle_.splice(idle_.begin(), spare_, spare_.begin());
    idle_.front() = std::move(statement);
  } catch (...) {
    return;  // out of memory: the statement is dropped instead of kept
  }
  if (idle_.size() >= limit_) {
    index_.erase(idle_.back()->sql);
    idle_.pop_back();
  }
}

void ConnectionState::trace(const TraceEvent& event) const noexcept {
  try {
    if (trace_) {
      trace_(event);
    }
  } catch (...) {  // a hook's failure is not the statement's
  }
}

}  // namespace detail

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
    throw Error(ErrorKind::usage, "a transaction is open already; use a Savepoint");
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
void Connection::set_trace(TraceHook hook, const TraceOptions& options) {
  state_->set_trace(std::move(hook), options);
}
std::string_view Connection::engine() const noexcept {
  return state_->driver().engine();
}
std::size_t Connection::cached_statements() const noexcept {
  return state_->idle();
}

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

std::string percent_decoded(std::string_view text, std::string_view url) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw Error(ErrorKind::usage, "bad %XX in database URL " + std::string(url));
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

}  // namespace

Connection connect(std::string_view url, const ConnectOptions& options) {
  constexpr std::string_view sqlite = "sqlite://";
  if (url.starts_with("mysql://") || url.starts_with("mariadb://")) {
    return Connection([parsed = parse_url(url), options] { return open_mariadb(parsed, options); }, options);
  }
  if (!url.starts_with(sqlite)) {
    throw Error(ErrorKind::usage, "unknown kind of database in URL " + std::string(url.substr(0, url.find("://"))) +
                                      ": known are sqlite:///FILE and mysql://USER@HOST/DATABASE");
  }
  std::string_view path = url.substr(sqlite.size());
  if (path.empty() || path == ":memory:" || path == "/:memory:") {
    return Connection([options] { return open_sqlite(":memory:", options); }, options);
  }
  if (path.front() != '/') {
    throw Error(
        ErrorKind::usage,
        "a SQLite URL has three slashes before a relative path, four before an absolute one: " + std::string(url));
  }
  path.remove_prefix(1);
  std::string file = percent_decoded(path, url);
  if (file.empty() || file.find('\0') != std::string::npos) {
    throw Error(ErrorKind::usage, "no file name in database URL " + std::string(url));
  }
  // SQLite would give a name like ":memory:" or "" a meaning of its own.
  if (file.front() == ':') {
    file.insert(0, "./");
  }
  return Connection([file, options] { return open_sqlite(file, options); }, options);
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
