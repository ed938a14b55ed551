#pragma once
// MariaDB and MySQL behind the driver interface, by libmariadb. Private to this module.
//
// Terms. The *active* statement is the one whose rows are still under way from the server: the protocol allows one at a
// time. When another statement wants the connection, the active one first takes the rest of its rows aside (RowBuffer),
// so that programs may run statements while they read rows, as SQLite lets them.
//
// Waiting. Every call that may wait for the server goes by libmariadb's non-blocking twins, in fibers and in threads:
// where those would wait we do, for no longer than answer_timeout, a DeadlineScope and a cancellation allow. A wait that
// one of them ends leaves the server's answer under way, so it ends the connection too.
//
// Trust. A connection that has failed in a way that leaves it open what comes next is *broken*: it is closed, and says
// so by usable(). Nothing makes it whole again.
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <mysql.h>

#include "posthouse/fiber/foreign_descriptor.h"
#include "posthouse/sql/driver/connect_options.h"
#include "posthouse/sql/driver/driver.h"
#include "posthouse/sql/driver/url.h"
#include "posthouse/sql/mariadb/mariadb_login.h"

namespace posthouse::sql {

/// Connects to the server that `url` ("mysql://…", "mariadb://…") names. Throws Error: usage for unknown parameters,
/// connection, permission.
std::unique_ptr<DriverConnection> open_mariadb(const Url& url, const ConnectOptions& options);

namespace mariadb {

class Statement;

class MariadbConnection final : public DriverConnection {
 public:
  MariadbConnection(const Url& url, const ConnectOptions& options);
  MariadbConnection(const MariadbConnection&) = delete;
  MariadbConnection& operator=(const MariadbConnection&) = delete;
  ~MariadbConnection() override;

  std::unique_ptr<DriverStatement> prepare(std::string_view sql) override;
  void run_script(std::string_view sql) override;
  std::unique_ptr<DriverBlob> open_blob(const BlobPlace& place) override;
  std::unique_ptr<DriverBlob> replace_blob(const BlobPlace& place, std::uint64_t size) override;
  std::int64_t last_insert_id() override;
  std::int64_t changes() const override { return changes_; }
  std::int64_t total_changes() const override { return total_changes_; }
  bool in_transaction() const override;
  bool usable() const noexcept override;
  std::string_view begin_statement(TransactionMode) const override { return "START TRANSACTION"; }
  std::string_view isolation_statement(Isolation isolation) const override;
  void set_busy_timeout(std::chrono::milliseconds timeout) override;
  void set_answer_timeout(std::chrono::milliseconds timeout) override { answer_timeout_ = timeout; }
  std::string_view engine() const noexcept override { return "mariadb"; }

  // For its statements.

  MYSQL* handle() const noexcept { return mysql_.get(); }
  /// Whether arrays of parameters may be sent. MariaDB takes them, MySQL does not. Nodes of a Galera cluster do, but
  /// MariaDB 10.11 then goes on to the next row, each for itself, when another node has undone the transaction.
  /// Asks the server the first time; throws what that throws.
  bool may_send_arrays();
  /// Throws Error (too_big) unless so many octets of values fit into what the server takes at once
  /// (max_allowed_packet). Without this check the server would break the connection off in the middle of them.
  void expect_room_for(std::uint64_t octets, std::string_view sql) {
    constexpr std::uint64_t always = 1 << 20;
    if (octets > always) {
      expect_packet_of(octets, sql);
    }
  }
  /// Makes a call of libmariadb's by its non-blocking twins, mysql_X_start and mysql_X_cont, on `object` with
  /// `arguments`, and returns its result, perhaps a failure. Throws Error (lost), also where the server is silent for too
  /// long; fiber::Error: canceled, and timeout by a DeadlineScope.
  template <class Result, class Object, class... Arguments>
  Result call(std::string_view sql, int (*start)(Result*, Object*, Arguments...), int (*go_on)(Result*, Object*, int),
              Object* object, std::type_identity_t<Arguments>... arguments) {
    if (!usable()) {
      fail_lost(sql);
    }
    Result result{};
    for (int status = start(&result, object, arguments...); status != 0;) {
      status = go_on(&result, object, wait_for(status));
    }
    if (ended_wait_ != Ended::no) {
      fail_ended(sql);
    }
    return result;
  }
  /// Throws what the last call failed with; the connection is broken where that is no answer of the server's.
  [[noreturn]] void fail(std::string_view sql);
  [[noreturn]] void fail(MYSQL_STMT* statement, std::string_view sql);
  /// After a call that tells of no failure: the connection is broken where the last one on it has left that open.
  void look_whether_broken() noexcept;
  /// To be called before anything is sent: takes aside the rows that are under way.
  void make_room();
  /// Rows of `statement` are under way from now on.
  void set_active(Statement* statement) noexcept { active_ = statement; }
  bool is_active(const Statement* statement) const noexcept { return active_ == statement; }
  void forget(const Statement* statement) noexcept {
    if (active_ == statement) {
      active_ = nullptr;
    }
  }
  /// The transaction that was open may have been undone where nobody could be told: the next statement is.
  void doubt_transaction() noexcept { transaction_in_doubt_ = true; }
  /// Throws Error (busy) where the transaction is in doubt, unless `sql` is ROLLBACK. To be called before what would
  /// otherwise run outside of it.
  void expect_transaction(std::string_view sql) {
    if (transaction_in_doubt_) {
      end_doubt(sql);
    }
  }
  /// Throws Error (busy): the server has undone the transaction without saying so.
  [[noreturn]] static void fail_undone(std::string_view sql);
  /// What a statement without rows has changed.
  void count(std::uint64_t affected, std::uint64_t insert_id) noexcept;
  /// The same of one that has yielded a row for each that it has changed.
  void count_returned(std::uint64_t rows) noexcept;

 private:
  // How the wait of the call that is being made was ended before it got what it waited for.
  enum class Ended : unsigned char { no, by_silence, by_error };

  Login prepare(const Url& url, const ConnectOptions& options);
  void keep_watch(std::chrono::milliseconds unreachable_after) noexcept;
  int wait_for(int status) noexcept;
  [[noreturn]] void fail_lost(std::string_view sql) const;
  [[noreturn]] void fail_ended(std::string_view sql);
  void set_broken() noexcept;
  void expect_packet_of(std::uint64_t octets, std::string_view sql);
  void end_doubt(std::string_view sql);
  void send(const std::string& sql);
  void drop_results(std::string_view sql);
  void allow_many_statements(bool allow, std::string_view sql);

  Handle mysql_;
  std::unique_ptr<fiber::ForeignDescriptor> foreign_;  // where we wait; null once broken
  std::chrono::milliseconds answer_timeout_;
  Ended ended_wait_ = Ended::no;
  std::exception_ptr wait_error_;  // cancellation, or a DeadlineScope
  bool tls_required_ = false;
  bool broken_ = false;
  bool transaction_in_doubt_ = false;
  Statement* active_ = nullptr;
  std::optional<bool> may_send_arrays_;  // none: not asked yet
  std::uint64_t most_octets_ = 0;        // in one packet; 0 when not known yet
  std::int64_t last_insert_id_ = 0;
  bool last_insert_id_known_ = true;  // rows of an INSERT … RETURNING come without it
  std::int64_t changes_ = 0;
  std::int64_t total_changes_ = 0;
};

}  // namespace mariadb
}  // namespace posthouse::sql
