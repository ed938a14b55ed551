#pragma once
// The inside of a Connection: its driver, its statements, its trace hook. Private to this module.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "posthouse/sql/driver/driver.h"
#include "posthouse/sql/statement/trace.h"

namespace posthouse::sql::detail {

struct CachedStatement {
  std::shared_ptr<DriverConnection> connection;  // that it was prepared on; outlives the driver's statement
  std::string sql;                               // as the program wrote it
  std::string prepared;                          // as the engine sees it; the driver's statement refers to it
  std::unique_ptr<DriverStatement> driver;
  std::vector<std::string> names{};  // of its parameters, where they have names
  std::uint64_t used = 0;            // runs since it was prepared
  bool stale = false;                // its tables were altered since: it is to be prepared anew
};

/// Invariants:
///  1. A statement is either idle (reset, unbound), as `last_` or in `idle_`, or out with exactly one Run or Statement.
///  2. `index_` has one entry for each element of `idle_`; texts in `idle_` are distinct.
///  3. There are at most limit_ idle ones. `last_` was used last, then the front of `idle_`.
class ConnectionState {
 public:
  using Open = std::function<std::unique_ptr<DriverConnection>()>;
  /// `open` makes the driver's connection, here and in reconnect().
  ConnectionState(Open open, std::size_t statement_cache);
  ~ConnectionState();

  DriverConnection& driver() noexcept { return *driver_; }
  /// Goes over to a new connection. Statements prepared on the old one are prepared again when they are next used.
  void reconnect();
  /// Makes sure that a statement the program keeps is prepared on the current connection.
  void refresh(CachedStatement& statement);
  /// Prepares it, which is reset, once more, for tables that were altered since.
  void prepare_anew(CachedStatement& statement) { prepare(statement); }
  /// An idle statement with this text, or a new one. The caller gives it back.
  CachedStatement* take(std::string_view sql);
  /// Takes a reset statement back; the least recently used one goes when there are too many.
  void give_back(CachedStatement* statement) noexcept;
  std::size_t idle() const noexcept { return idle_.size() + (last_ != nullptr ? 1 : 0); }

  void set_trace(TraceHook hook, const TraceOptions& options) {
    trace_ = std::move(hook);
    trace_options_ = options;
  }
  bool tracing() const noexcept { return static_cast<bool>(trace_); }
  bool tracing_values() const noexcept { return tracing() && trace_options_.values; }
  void trace(const TraceEvent& event) const noexcept;

  int savepoints = 0;  ///< open Savepoint scopes

 private:
  using Idle = std::list<std::unique_ptr<CachedStatement>>;
  void prepare(CachedStatement& statement);
  void keep(std::unique_ptr<CachedStatement> statement) noexcept;
  void forget_statements() noexcept;

  Open open_;
  std::shared_ptr<DriverConnection> driver_;
  std::size_t limit_;
  std::unique_ptr<CachedStatement> last_;  // given back last: a loop finds it again without a look-up
  Idle idle_;
  Idle spare_;  // list nodes without a statement, so that taking and giving back does not allocate
  std::unordered_map<std::string_view, Idle::iterator> index_;
  TraceHook trace_;
  TraceOptions trace_options_{};
};

}  // namespace posthouse::sql::detail
