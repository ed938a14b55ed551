#include "posthouse/sql/mariadb/mariadb_connection.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <errmsg.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <mysqld_error.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "posthouse/base/text.h"
#include "posthouse/sql/error.h"
#include "posthouse/sql/mariadb/mariadb_blob.h"
#include "posthouse/sql/mariadb/mariadb_error.h"
#include "posthouse/sql/mariadb/mariadb_statement.h"

namespace posthouse::sql {
namespace mariadb {
namespace {

// The same text means the same on every engine: "x" is a name, 'a\b' has a backslash, || joins, times are UTC. What
// does not fit a column is refused, not cut.
constexpr const char* session =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "NO_ENGINE_SUBSTITUTION,ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT', time_zone = '+00:00'";

// From the weakest to the strongest, by the names MySQL's clients have for them in --ssl-mode.
enum class Tls : unsigned char { disabled, preferred, required, verify_ca, verify_identity };

bool is_local(const std::string& host) {
  return host.empty() || host == "localhost" || host == "::1" || host.starts_with("127.");
}

Tls tls_mode(Url& url, bool unix_socket) {
  constexpr std::array<std::string_view, 5> names{"disabled", "preferred", "required", "verify_ca", "verify_identity"};
  const std::optional<std::string> mode = url.take("ssl_mode");
  if (!mode) {
    return unix_socket || is_local(url.host) ? Tls::disabled : Tls::verify_identity;
  }
  const auto* const found = std::find(names.begin(), names.end(), to_lower(*mode));
  if (found != names.end()) {
    return static_cast<Tls>(found - names.begin());
  }
  throw Error(Errc::usage, "ssl_mode is disabled, preferred, required, verify_ca or verify_identity");
}

void set_tls(MYSQL* mysql, Tls mode, const std::optional<std::string>& ca_file) {
  const my_bool use = mode == Tls::disabled ? 0 : 1;
  const my_bool verify_name = mode == Tls::verify_identity ? 1 : 0;
  mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &use);
  mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify_name);
  if (mode == Tls::disabled) {
    return;
  }
  // Without a file of its own libmariadb trusts nobody; this is where Debian keeps the system's certificates. With one
  // it verifies who signed the certificate, in whatever mode.
  const std::string ca = ca_file.value_or("/etc/ssl/certs/ca-certificates.crt");
  if (mode >= Tls::verify_ca || ca_file) {
    mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, ca.c_str());
  }
}

// A password in the clear is what a false server would ask for.
constexpr const char* authentication =
    "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password,auth_gssapi_client";

// Once, before any thread connects.
void start_library() {
  static const int started = mysql_server_init(0, nullptr, nullptr);
  if (started != 0) {
    throw Error(Errc::memory, "cannot start the MariaDB client library");
  }
}

}  // namespace

MariadbConnection::MariadbConnection(const Url& url, const ConnectOptions& options)
    : answer_timeout_(options.answer_timeout) {
  start_library();
  mysql_.reset(mysql_init(nullptr));
  if (mysql_ == nullptr) {
    throw Error(Errc::memory, "out of memory");
  }
  const Login login = prepare(url, options);
  mysql_ = log_in(std::move(mysql_), login, options.connect_timeout);
  if (tls_required_ && mysql_get_ssl_cipher(handle()) == nullptr) {
    throw Error(Errc::connection, fmt::format("the server at {} offers no TLS, which ssl_mode requires", login.host));
  }
  keep_watch(options.unreachable_after);
  foreign_ = std::make_unique<fiber::ForeignDescriptor>(mysql_get_socket(handle()));
  if (options.read_only) {
    send("SET SESSION TRANSACTION READ ONLY");
  }
}

MariadbConnection::~MariadbConnection() = default;

// Sets the options of the handle.
Login MariadbConnection::prepare(const Url& original, const ConnectOptions& options) {
  Url url = original;
  const std::optional<std::string> socket = url.take("unix_socket");
  const std::optional<std::string> ca_file = url.take("ssl_ca");
  const Tls tls = tls_mode(url, socket.has_value());
  tls_required_ = tls >= Tls::required;
  if (!url.parameters.empty()) {
    throw Error(Errc::usage,
                fmt::format("unknown parameter \"{}\" in a database URL; known are unix_socket, ssl_mode, ssl_ca",
                            url.parameters.begin()->first));
  }
  // Of one address, so that there is time for another one.
  const auto seconds =
      static_cast<unsigned>(std::clamp<std::int64_t>((options.connect_timeout.count() + 1999) / 2000, 1, 3600));
  const my_bool no = 0;
  const std::size_t stack = 256 << 10U;  // TLS and looking names up take more than libmariadb's 60 KiB
  mysql_optionsv(handle(), MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  mysql_optionsv(handle(), MYSQL_OPT_RECONNECT, &no);
  mysql_optionsv(handle(), MYSQL_OPT_LOCAL_INFILE, &no);  // a server must not ask for our files
  mysql_optionsv(handle(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_optionsv(handle(), MYSQL_INIT_COMMAND, session);
  mysql_optionsv(handle(), MYSQL_OPT_NONBLOCK, &stack);
  mysql_optionsv(handle(), MARIADB_OPT_RESTRICTED_AUTH, authentication);
  set_tls(handle(), tls, ca_file);
  // libmariadb takes "localhost" for "by the default socket"; a URL with a port means TCP.
  const unsigned protocol = socket || (url.host.empty() && url.port == 0) ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_optionsv(handle(), MYSQL_OPT_PROTOCOL, &protocol);
  return {.host = url.host.empty() ? "localhost" : url.host,
          .port = url.port == 0 ? 3306U : url.port,
          .unix_socket = socket.value_or(""),
          .user = url.user,
          .password = url.password,
          .database = url.database};
}

// Has the system find out that the server's machine is gone. On a Unix socket, which needs none of that, it is refused.
void MariadbConnection::keep_watch(std::chrono::milliseconds unreachable_after) noexcept {
  const int socket = mysql_get_socket(handle());
  // Sync calls (closing) must not wait for what never comes either.
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  const std::int64_t most = unreachable_after.count();
  if (most <= 0) {
    return;
  }
  const auto set = [&](int level, int option, std::int64_t value) {
    const auto number = static_cast<int>(std::clamp<std::int64_t>(value, 1, std::numeric_limits<int>::max()));
    ::setsockopt(socket, level, option, &number, sizeof number);
  };
  constexpr std::int64_t probes = 3;
  const std::int64_t pause_s = (most / 1000 + probes) / (probes + 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, pause_s);
  set(IPPROTO_TCP, TCP_KEEPINTVL, pause_s);
  set(IPPROTO_TCP, TCP_KEEPCNT, probes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, most);
}

// What is ready; MYSQL_WAIT_TIMEOUT, by which the call fails, once there is no point in waiting any longer.
int MariadbConnection::wait_for(int status) noexcept {
  if (ended_wait_ == Ended::no) {
    try {
      const fiber::Deadline silence = answer_timeout_.count() <= 0 ? fiber::Deadline() : answer_timeout_;
      if (foreign_->wait((status & MYSQL_WAIT_READ) != 0, (status & MYSQL_WAIT_WRITE) != 0, silence)) {
        return status & ~MYSQL_WAIT_TIMEOUT;  // the library looks for itself which of them it is
      }
      ended_wait_ = Ended::by_silence;
    } catch (...) {
      wait_error_ = std::current_exception();
      ended_wait_ = Ended::by_error;
    }
    ::shutdown(mysql_get_socket(handle()), SHUT_RDWR);  // its TLS does not listen to time-outs
  }
  return MYSQL_WAIT_TIMEOUT;
}

void MariadbConnection::fail_lost(std::string_view sql) const {
  throw Error(Errc::lost, "the connection to the server is gone", sql,
              EngineCode{.primary = CR_SERVER_GONE_ERROR, .extended = CR_SERVER_GONE_ERROR, .retryable = true});
}

void MariadbConnection::fail_ended(std::string_view sql) {
  set_broken();
  const Ended ended = std::exchange(ended_wait_, Ended::no);
  if (ended == Ended::by_error) {
    std::rethrow_exception(std::exchange(wait_error_, nullptr));
  }
  throw Error(Errc::lost,
              fmt::format("the server was silent for {} ms (answer_timeout); whether the statement ran is not known",
                          answer_timeout_.count()),
              sql, EngineCode{.primary = CR_SERVER_LOST, .extended = CR_SERVER_LOST, .retryable = true});
}

// As the server says it where it does.
void MariadbConnection::fail_undone(std::string_view sql) {
  throw Error(Errc::busy, "the server has undone the transaction: another one was first", sql,
              EngineCode{.primary = ER_LOCK_DEADLOCK, .extended = ER_LOCK_DEADLOCK, .sqlstate = "40001"});
}

void MariadbConnection::end_doubt(std::string_view sql) {
  transaction_in_doubt_ = false;
  if (sql != "ROLLBACK") {
    send("ROLLBACK");  // of what is perhaps still open
    fail_undone(sql);
  }
}

void MariadbConnection::set_broken() noexcept {
  broken_ = true;
  if (const my_socket socket = mysql_get_socket(handle()); socket != MARIADB_INVALID_SOCKET) {
    ::shutdown(socket, SHUT_RDWR);
  }
  foreign_.reset();
}

void MariadbConnection::look_whether_broken() noexcept {
  if (ends_connection(mysql_errno(handle()))) {
    set_broken();
  }
}

void MariadbConnection::fail(std::string_view sql) {
  look_whether_broken();
  mariadb::fail(handle(), sql);
}

void MariadbConnection::fail(MYSQL_STMT* statement, std::string_view sql) {
  // What the server answers in the place of a row, the library leaves with the connection.
  const unsigned code = mysql_stmt_errno(statement) != 0 ? mysql_stmt_errno(statement) : mysql_errno(handle());
  if (code == 0 || ends_connection(code)) {
    set_broken();
  }
  mariadb::fail(statement, sql);
}

void MariadbConnection::send(const std::string& sql) {
  make_room();
  const int failed = call(sql, mysql_real_query_start, mysql_real_query_cont, handle(), sql.data(), sql.size());
  if (failed != 0) {
    fail(sql);
  }
  drop_results(sql);
}

void MariadbConnection::drop_results(std::string_view sql) {
  for (int more = 0; more == 0;) {
    if (MYSQL_RES* const rows = mysql_use_result(handle()); rows != nullptr) {
      const std::unique_ptr<MYSQL_RES, void (*)(MYSQL_RES*)> owner(rows, mysql_free_result);
      const auto next = [&] { return call(sql, mysql_fetch_row_start, mysql_fetch_row_cont, rows); };
      while (next() != nullptr) {
      }
    } else if (mysql_field_count(handle()) == 0) {
      count(mysql_affected_rows(handle()), mysql_insert_id(handle()));
    }
    if (mysql_errno(handle()) != 0) {
      fail(sql);
    }
    more = call(sql, mysql_next_result_start, mysql_next_result_cont, handle());
    if (more > 0) {
      fail(sql);
    }
  }
}

void MariadbConnection::make_room() {
  if (active_ != nullptr) {
    active_->take_rest_aside();
  }
}

void MariadbConnection::count(std::uint64_t affected, std::uint64_t insert_id) noexcept {
  if (affected == std::numeric_limits<std::uint64_t>::max()) {
    return;  // "not known"
  }
  changes_ = static_cast<std::int64_t>(affected);
  total_changes_ += changes_;
  if (insert_id != 0) {
    last_insert_id_ = static_cast<std::int64_t>(insert_id);
    last_insert_id_known_ = true;
  }
}

void MariadbConnection::count_returned(std::uint64_t rows) noexcept {
  count(rows, 0);
  last_insert_id_known_ = last_insert_id_known_ && rows == 0;
}

std::int64_t MariadbConnection::last_insert_id() {
  if (!last_insert_id_known_) {
    Statement ask(*this, "select last_insert_id()");
    if (ask.step()) {
      last_insert_id_ = ask.row()[0].integer;
    }
    last_insert_id_known_ = true;
  }
  return last_insert_id_;
}

std::unique_ptr<DriverStatement> MariadbConnection::prepare(std::string_view sql) {
  return std::make_unique<Statement>(*this, sql);
}

void MariadbConnection::expect_packet_of(std::uint64_t octets, std::string_view sql) {
  constexpr std::uint64_t around = 4096;  // what goes with the values
  if (most_octets_ == 0) {
    Statement ask(*this, "select @@max_allowed_packet");
    if (ask.step()) {
      most_octets_ = static_cast<std::uint64_t>(ask.row()[0].integer);
    }
  }
  if (octets + around <= most_octets_) {
    return;
  }
  throw Error(
      Errc::too_big,
      fmt::format("values of {} octets; the server takes {} at once (max_allowed_packet)", octets, most_octets_), sql);
}

bool MariadbConnection::may_send_arrays() {
  if (!may_send_arrays_) {
    unsigned long extended = 0;
    mariadb_get_infov(handle(), MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &extended);
    bool may = (extended & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32U)) != 0;
    if (may) {
      Statement ask(*this, "show session variables like 'wsrep_on'");
      may = !ask.step() || ask.row()[1].bytes != "ON";
    }
    may_send_arrays_ = may;
  }
  return *may_send_arrays_;
}

std::unique_ptr<DriverBlob> MariadbConnection::open_blob(const BlobPlace& place) {
  return open_mariadb_blob(*this, place);
}

std::unique_ptr<DriverBlob> MariadbConnection::replace_blob(const BlobPlace& place, std::uint64_t size) {
  return replace_mariadb_blob(*this, place, size);
}

void MariadbConnection::allow_many_statements(bool allow, std::string_view sql) {
  const enum_mysql_set_option option = allow ? MYSQL_OPTION_MULTI_STATEMENTS_ON : MYSQL_OPTION_MULTI_STATEMENTS_OFF;
  const int failed = call(sql, mysql_set_server_option_start, mysql_set_server_option_cont, handle(), option);
  if (failed != 0) {
    fail(sql);
  }
}

void MariadbConnection::run_script(std::string_view sql) {
  expect_transaction(sql);
  make_room();
  allow_many_statements(true, sql);
  try {
    send(std::string(sql));
  } catch (...) {
    try {
      allow_many_statements(false, sql);
    } catch (const posthouse::Error&) {  // a connection that cannot do this cannot do anything
    }
    throw;
  }
  allow_many_statements(false, sql);
}

bool MariadbConnection::usable() const noexcept {
  return !broken_ &&
         mysql_get_socket(mysql_.get()) != MARIADB_INVALID_SOCKET;  // the library lets go of one that failed
}

bool MariadbConnection::in_transaction() const {
  if (!usable()) {
    return false;  // the server has undone it
  }
  if (transaction_in_doubt_) {
    return true;
  }
  unsigned status = 0;
  mariadb_get_infov(mysql_.get(), MARIADB_CONNECTION_SERVER_STATUS, &status);
  return (status & SERVER_STATUS_IN_TRANS) != 0;
}

std::string_view MariadbConnection::isolation_statement(Isolation isolation) const {
  switch (isolation) {
    case Isolation::read_uncommitted:
      return "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED";
    case Isolation::read_committed:
      return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
    case Isolation::repeatable_read:
      return "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    case Isolation::serializable:
      break;
  }
  return "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
}

void MariadbConnection::set_busy_timeout(std::chrono::milliseconds timeout) {
  // Whole seconds; 0 is "do not wait at all".
  const std::int64_t seconds = std::clamp<std::int64_t>((timeout.count() + 999) / 1000, 0, 1'000'000);
  send("SET SESSION innodb_lock_wait_timeout = " + std::to_string(seconds));
}

}  // namespace mariadb

std::unique_ptr<DriverConnection> open_mariadb(const Url& url, const ConnectOptions& options) {
  return std::make_unique<mariadb::MariadbConnection>(url, options);
}

}  // namespace posthouse::sql
