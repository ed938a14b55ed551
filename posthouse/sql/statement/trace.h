#pragma once
// What a connection tells of the statements it runs.
#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace posthouse::sql {

/// What a trace hook is told when a statement has run. Valid during the call.
struct TraceEvent {
  std::string_view statement;
  std::chrono::nanoseconds elapsed{};  ///< from binding to the end of the run
  std::uint64_t rows = 0;              ///< rows fetched
  bool failed = false;
  std::string_view values{};  ///< of the parameters, as "1, 'Ann', NULL", long ones cut; empty unless asked for
};

using TraceHook = std::function<void(const TraceEvent&)>;

struct TraceOptions {
  /// Tell the values of parameters too. They may be secrets, so nobody is told unasked.
  bool values = false;
};

/// A hook that writes a line for each statement: "0.000123 s, 2 rows: select name from user where id = ? (7)".
/// `out` must outlive the hook; a connection calls it on the thread that runs the statement.
///
///     db.set_trace(sql::echo(std::clog));
TraceHook echo(std::ostream& out);

}  // namespace posthouse::sql
