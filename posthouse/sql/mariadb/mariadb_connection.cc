#include "posthouse/sql/mariadb/mariadb_connection.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/fiber/run.h"
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

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// Once, before any thread connects.
void start_library() {
  static const int started = mysql_server_init(0, nullptr, nullptr);
  if (started != 0) {
    throw Error(Errc::memory, "cannot start the MariaDB client library");
  }
}

}  // namespace

MariadbConnection::MariadbConnection(const Url& url, const ConnectOptions& options) : mysql_(nullptr) {
  start_library();
  mysql_ = mysql_init(nullptr);
  if (mysql_ == nullptr) {
    throw Error(Errc::memory, "out of memory");
  }
  try {
    set_up(url, options);
  } catch (...) {
    mysql_close(mysql_);
    throw;
  }
}

MariadbConnection::~MariadbConnection() {
  mysql_close(mysql_);
}

void MariadbConnection::set_up(const Url& original, const ConnectOptions& options) {
  Url url = original;
  const std::optional<std::string> socket = url.take("unix_socket");
  const std::optional<std::string> ca_file = url.take("ssl_ca");
  const Tls tls = tls_mode(url, socket.has_value());
  if (!url.parameters.empty()) {
    throw Error(Errc::usage,
                fmt::format("unknown parameter \"{}\" in a database URL; known are unix_socket, ssl_mode, ssl_ca",
                            url.parameters.begin()->first));
  }
  const my_bool no = 0;
  const auto seconds =
      static_cast<unsigned>(std::clamp<std::int64_t>((options.connect_timeout.count() + 999) / 1000, 1, 3600));
  mysql_optionsv(mysql_, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  mysql_optionsv(mysql_, MYSQL_OPT_RECONNECT, &no);
  mysql_optionsv(mysql_, MYSQL_OPT_LOCAL_INFILE, &no);  // a server must not ask for our files
  mysql_optionsv(mysql_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_optionsv(mysql_, MYSQL_INIT_COMMAND, session);
  if (fiber::in_fiber()) {
    mysql_optionsv(mysql_, MYSQL_OPT_NONBLOCK, nullptr);
  }
  mysql_optionsv(mysql_, MARIADB_OPT_RESTRICTED_AUTH, authentication);
  set_tls(mysql_, tls, ca_file);
  const std::string host = url.host.empty() ? "localhost" : url.host;
  // libmariadb takes "localhost" for "by the default socket"; a URL with a port means TCP.
  const unsigned protocol = socket || (url.host.empty() && url.port == 0) ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_optionsv(mysql_, MYSQL_OPT_PROTOCOL, &protocol);
  const unsigned port = url.port == 0 ? 3306 : url.port;
  const bool connected = fiber::blocking([&] {
    return mysql_real_connect(mysql_, host.c_str(), or_null(url.user), or_null(url.password), or_null(url.database),
                              port, socket ? socket->c_str() : nullptr, CLIENT_FOUND_ROWS) != nullptr;
  });
  if (!connected) {
    fail_to_connect(mysql_, socket ? *socket : host + ":" + std::to_string(port));
  }
  if (fiber::in_fiber()) {
    foreign_ = std::make_unique<fiber::ForeignDescriptor>(mysql_get_socket(mysql_));
  }
  if (tls >= Tls::required && mysql_get_ssl_cipher(mysql_) == nullptr) {
    throw Error(Errc::connection, fmt::format("the server at {} offers no TLS, which ssl_mode requires", host));
  }
  unsigned long extended = 0;
  mariadb_get_infov(mysql_, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &extended);
  has_bulk_protocol_ = (extended & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32U)) != 0;
  if (options.read_only) {
    send("SET SESSION TRANSACTION READ ONLY");
  }
}

void MariadbConnection::send(const std::string& sql) {
  make_room();
  if (fiber::blocking([&] { return mysql_real_query(mysql_, sql.data(), sql.size()); }) != 0) {
    fail(mysql_, sql);
  }
  drop_results(sql);
}

int MariadbConnection::wait_for(int status) {
  foreign_->wait((status & MYSQL_WAIT_READ) != 0, (status & MYSQL_WAIT_WRITE) != 0);
  return status & ~MYSQL_WAIT_TIMEOUT;  // the library looks for itself which of them it is
}

void MariadbConnection::drop_results(std::string_view sql) {
  const int status = fiber::blocking([&] {
    int more = 0;
    while (more == 0) {
      if (MYSQL_RES* const rows = mysql_use_result(mysql_); rows != nullptr) {
        while (mysql_fetch_row(rows) != nullptr) {
        }
        mysql_free_result(rows);
      } else if (mysql_field_count(mysql_) == 0) {
        count(mysql_affected_rows(mysql_), mysql_insert_id(mysql_));
      }
      if (mysql_errno(mysql_) != 0) {
        return 1;
      }
      more = mysql_next_result(mysql_);
    }
    return more;
  });
  if (status > 0) {
    fail(mysql_, sql);
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
  }
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

std::unique_ptr<DriverBlob> MariadbConnection::open_blob(const BlobPlace& place) {
  return open_mariadb_blob(*this, place);
}

std::unique_ptr<DriverBlob> MariadbConnection::replace_blob(const BlobPlace& place, std::uint64_t size) {
  return replace_mariadb_blob(*this, place, size);
}

void MariadbConnection::run_script(std::string_view sql) {
  make_room();
  const auto allow_many = [&](enum_mysql_set_option option) {
    if (fiber::blocking([&] { return mysql_set_server_option(mysql_, option); }) != 0) {
      fail(mysql_, sql);
    }
  };
  allow_many(MYSQL_OPTION_MULTI_STATEMENTS_ON);
  try {
    send(std::string(sql));
  } catch (...) {
    // Best effort: a connection that cannot do this cannot do anything.
    fiber::blocking([&] { mysql_set_server_option(mysql_, MYSQL_OPTION_MULTI_STATEMENTS_OFF); });
    throw;
  }
  allow_many(MYSQL_OPTION_MULTI_STATEMENTS_OFF);
}

bool MariadbConnection::usable() const noexcept {
  return mysql_get_socket(mysql_) != MARIADB_INVALID_SOCKET;  // the library lets go of a socket that failed
}

bool MariadbConnection::in_transaction() const {
  if (!usable()) {
    return false;  // the server has undone it
  }
  unsigned status = 0;
  mariadb_get_infov(mysql_, MARIADB_CONNECTION_SERVER_STATUS, &status);
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
