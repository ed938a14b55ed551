#pragma once
// MariaDB and MySQL behind the driver interface, by libmariadb. Private to this module.
//
// Terms. The *active* statement is the one whose rows are still under way from the server: the protocol allows one at a
// time. When another statement wants the connection, the active one first takes the rest of its rows aside (RowBuffer),
// so that programs may run statements while they read rows, as SQLite lets them.
//
// Waiting. In a thread libmariadb waits for the server. In a fiber the two calls that programs are made of, running a
// statement and fetching a row, go by its non-blocking twins, and the fiber is parked where those would wait: a select
// by key took 15 us of CPU by fiber::blocking and takes 7 this way, against 6 in a thread. The rare ones (connecting,
// preparing, scripts) go through fiber::blocking.
#include <cstdint>
#include <memory>
#include <string>

#include <mysql.h>

#include "posthouse/fiber/foreign_descriptor.h"
#include "posthouse/fiber/run.h"
#include "posthouse/sql/driver/connect_options.h"
#include "posthouse/sql/driver/driver.h"
#include "posthouse/sql/driver/url.h"

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
  std::int64_t last_insert_id() const override { return last_insert_id_; }
  std::int64_t changes() const override { return changes_; }
  std::int64_t total_changes() const override { return total_changes_; }
  bool in_transaction() const override;
  bool usable() const noexcept override;
  std::string_view begin_statement(TransactionMode) const override { return "START TRANSACTION"; }
  std::string_view isolation_statement(Isolation isolation) const override;
  void set_busy_timeout(std::chrono::milliseconds timeout) override;
  std::string_view engine() const noexcept override { return "mariadb"; }

  // For its statements.

  MYSQL* handle() const noexcept { return mysql_; }
  /// Whether the server takes arrays of parameters: MariaDB does, MySQL does not.
  bool has_bulk_protocol() const noexcept { return has_bulk_protocol_; }
  /// Throws Error (too_big) unless so many octets of values fit into what the server takes at once
  /// (max_allowed_packet). Without this check the server would break the connection off in the middle of them.
  void expect_room_for(std::uint64_t octets, std::string_view sql) {
    constexpr std::uint64_t always = 1 << 20;
    if (octets > always) {
      expect_packet_of(octets, sql);
    }
  }
  /// Makes a call of libmariadb's on `mysql`, which is null once the connection is lost: by `wait()`, or in a fiber by
  /// its non-blocking twins `start(result)` and `go_on(result, ready)`.
  template <class Wait, class Start, class GoOn>
  int call(const MYSQL* mysql, Wait wait, Start start, GoOn go_on) {
    if (!fiber::in_fiber()) {
      return wait();
    }
    if (foreign_ == nullptr || mysql == nullptr) {
      return fiber::blocking(wait);
    }
    int result = 0;
    for (int status = start(result); status != 0;) {
      status = go_on(result, wait_for(status));
    }
    return result;
  }
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
  /// What a statement without rows has changed.
  void count(std::uint64_t affected, std::uint64_t insert_id) noexcept;

 private:
  void set_up(const Url& url, const ConnectOptions& options);
  int wait_for(int status);
  void expect_packet_of(std::uint64_t octets, std::string_view sql);
  void send(const std::string& sql);
  void drop_results(std::string_view sql);

  MYSQL* mysql_;
  std::unique_ptr<fiber::ForeignDescriptor> foreign_;  // where fibers wait; null when a thread has connected
  Statement* active_ = nullptr;
  bool has_bulk_protocol_ = false;
  std::uint64_t most_octets_ = 0;  // in one packet; 0 when not known yet
  std::int64_t last_insert_id_ = 0;
  std::int64_t changes_ = 0;
  std::int64_t total_changes_ = 0;
};

}  // namespace mariadb
}  // namespace posthouse::sql
