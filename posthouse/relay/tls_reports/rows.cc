#include "posthouse/relay/tls_reports/rows.h"

#include <string_view>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/utf8.h"

namespace posthouse::relay {
namespace {

// tls_session: sessions of one day that went alike.
//   day       days since 1970-01-01 UTC
//   digest    of all columns behind it but the last, which are too long for an index
//   policy    0 none, 1 tlsa, 2 sts; policy_lines and mx_patterns are lines
//   sessions  how many; a counter, since several nodes add to it
constexpr std::string_view schema_v1 = R"sql(
CREATE TABLE IF NOT EXISTS tls_session (
  id $id,
  day BIGINT NOT NULL,
  domain VARCHAR(255) NOT NULL,
  digest VARCHAR(64) NOT NULL,
  policy INTEGER NOT NULL,
  policy_lines VARCHAR(4000) NOT NULL,
  mx_patterns VARCHAR(2000) NOT NULL,
  host VARCHAR(255) NOT NULL,
  address VARCHAR(64) NOT NULL,
  local_address VARCHAR(64) NOT NULL,
  failure VARCHAR(64) NOT NULL,
  reason VARCHAR(300) NOT NULL,
  sessions BIGINT NOT NULL
) $table;
CREATE UNIQUE INDEX $if_new tls_session_alike ON tls_session (day, domain, digest);
)sql";

/// Printable ASCII, at most `most` octets: what was wrong is told in the house's words and the names of certificates.
std::string cut(std::string_view text, std::size_t most) {
  std::string kept(text.substr(0, most));
  for (char& c : kept) {
    c = c < ' ' || c > '~' ? '?' : c;
  }
  return kept;
}

std::string as_lines(const std::vector<std::string>& list, std::size_t most) {
  std::string text;
  for (const std::string& item : list) {
    const std::string line = repair_utf8(item);
    if (text.size() + line.size() + 1 > most) {
      break;
    }
    text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

std::vector<std::string> of_lines(std::string_view text) {
  std::vector<std::string> list;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    list.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return list;
}

std::int64_t number_of(std::chrono::sys_days day) {
  return day.time_since_epoch().count();
}

std::chrono::sys_days day_of(std::int64_t number) {
  return std::chrono::sys_days(std::chrono::days(static_cast<std::chrono::days::rep>(number)));
}

void add(sql::Connection& db, const CountedSessions& counted) {
  const TlsSession& session = counted.session;
  const int policy = static_cast<int>(session.policy);
  const std::string lines = as_lines(session.policy_lines, 4000);
  const std::string patterns = as_lines(session.mx_patterns, 2000);
  const std::string reason = cut(session.reason, 300);
  const std::string digest =
      hex_encode(sha256(std::to_string(policy) + '\0' + lines + '\0' + patterns + '\0' + session.host + '\0' +
                        session.address + '\0' + session.local_address + '\0' + session.failure + '\0' + reason));
  if (db.exec("UPDATE tls_session SET sessions = sessions + ? WHERE day = ? AND domain = ? AND digest = ?",
              counted.count, number_of(counted.day), session.domain, digest) == 0) {
    db.exec(
        "INSERT INTO tls_session (day, domain, digest, policy, policy_lines, mx_patterns, host, address, "
        "local_address, "
        "failure, reason, sessions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        number_of(counted.day), session.domain, digest, policy, lines, patterns, session.host, session.address,
        session.local_address, session.failure, reason, counted.count);
  }
}

}  // namespace

store::MigrationSet tls_report_migrations() {
  return {.module = "tls_reports",
          .migrations = {{.number = 1, .name = "sessions to report", .up = {std::string(schema_v1)}}}};
}

void add_sessions(sql::Connection& db, const std::vector<CountedSessions>& counted) {
  for (const CountedSessions& each : counted) {
    add(db, each);
  }
}

std::vector<ReportDue> reports_due(sql::Connection& db, std::chrono::sys_days day, const ReportDue& after,
                                   std::size_t limit) {
  std::vector<ReportDue> due;
  for (auto [number, domain] : db.query<std::int64_t, std::string>(
           "SELECT DISTINCT day, domain FROM tls_session WHERE day < ? AND (day > ? OR (day = ? AND domain > ?)) "
           "ORDER BY day, domain LIMIT ?",
           number_of(day), number_of(after.day), number_of(after.day), after.domain, limit)) {
    due.push_back({day_of(number), std::move(domain)});
  }
  return due;
}

std::vector<CountedSessions> sessions_of(sql::Connection& db, const ReportDue& due) {
  constexpr int most = 10'000;
  std::vector<CountedSessions> found;
  using std::string;
  for (auto [policy, lines, patterns, host, address, local, failure, reason, count] :
       db.query<int, string, string, string, string, string, string, string, std::uint64_t>(
           "SELECT policy, policy_lines, mx_patterns, host, address, local_address, failure, reason, sessions "
           "FROM tls_session WHERE day = ? AND domain = ? ORDER BY id LIMIT ?",
           number_of(due.day), due.domain, most)) {
    found.push_back({.day = due.day,
                     .session = TlsSession{.domain = due.domain,
                                           .policy = static_cast<PolicyKind>(policy),
                                           .policy_lines = of_lines(lines),
                                           .mx_patterns = of_lines(patterns),
                                           .host = std::move(host),
                                           .address = std::move(address),
                                           .local_address = std::move(local),
                                           .failure = std::move(failure),
                                           .reason = std::move(reason)},
                     .count = count});
  }
  return found;
}

bool remove_sessions(sql::Connection& db, const ReportDue& due) {
  return db.exec("DELETE FROM tls_session WHERE day = ? AND domain = ?", number_of(due.day), due.domain) > 0;
}

}  // namespace posthouse::relay
