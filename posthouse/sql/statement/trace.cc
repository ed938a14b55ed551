#include "posthouse/sql/statement/trace.h"

#include <cstdio>
#include <ostream>

#include "posthouse/base/text.h"

namespace posthouse::sql {

TraceHook echo(std::ostream& out) {
  return [&out](const TraceEvent& event) {
    char time[32];
    std::snprintf(time, sizeof time, "%.6f s, ", std::chrono::duration<double>(event.elapsed).count());
    std::string line = time;
    line += event.failed ? std::string("failed") : std::to_string(event.rows) + (event.rows == 1 ? " row" : " rows");
    line += ": " + printable(event.statement);
    if (!event.values.empty()) {
      line += " (" + std::string(event.values) + ")";
    }
    out << line + '\n' << std::flush;
  };
}

}  // namespace posthouse::sql
