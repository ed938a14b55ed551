#pragma once
// Sessions with other mail servers as they are counted, in the store's database, until they are reported (RFC 8460).
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "posthouse/relay/tls/rules.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/tables/migration.h"

namespace posthouse::relay {

/// The migrations that make the table; for store::StoreOptions::migrations.
store::MigrationSet tls_report_migrations();

/// Sessions of one day (UTC) that went alike.
struct CountedSessions {
  std::chrono::sys_days day{};
  TlsSession session{};
  std::uint64_t count = 0;
};

/// A domain with sessions on a day.
struct ReportDue {
  std::chrono::sys_days day{};
  std::string domain{};
};

/// Adds to what is there.
void add_sessions(sql::Connection& db, const std::vector<CountedSessions>& counted);
/// The domains with sessions on days before `day`, oldest first; `limit` at most, from behind `after` on.
std::vector<ReportDue> reports_due(sql::Connection& db, std::chrono::sys_days day, const ReportDue& after,
                                   std::size_t limit);
/// What was counted for one report, at most 10,000 rows.
std::vector<CountedSessions> sessions_of(sql::Connection& db, const ReportDue& due);
/// Forgets it. False when somebody else has.
bool remove_sessions(sql::Connection& db, const ReportDue& due);

}  // namespace posthouse::relay
