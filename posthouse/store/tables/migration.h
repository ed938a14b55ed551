#pragma once
// Numbered changes of the schema, applied once each, resumable.
//
// Table schema_migration has one row for each migration begun: how many of its steps are done. A step and the counting
// of it are one transaction where the engine allows (SQLite does, for tables too; on MariaDB a step that makes a table
// ends the transaction, so steps are written to be repeatable: CREATE … IF NOT EXISTS).
//
// The schema is the same on every engine but for a few words, which steps write as
//   $id      INTEGER PRIMARY KEY AUTOINCREMENT    BIGINT PRIMARY KEY AUTO_INCREMENT
//   $ref     INTEGER                              BIGINT                     refers to an $id and is a primary key
//   $blob    BLOB                                 LONGBLOB
//   $table                                        engine and character set; text compares octet by octet
//   $if_new  IF NOT EXISTS                        the same, nothing on MySQL  behind CREATE INDEX
//   $if_missing                                   IF NOT EXISTS, not on MySQL behind ADD COLUMN
//   $if_there                                     IF EXISTS, not on MySQL     behind DROP COLUMN
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/connection.h"

namespace posthouse::store {

/// One change. Published migrations are never edited; a later one corrects them.
struct Migration {
  int number = 0;                    ///< from 1, without gaps
  std::string name{};                ///< a few words for the operator
  std::vector<std::string> steps{};  ///< each a script of one or more statements, done as one
};

/// The migrations of one module, in order.
struct MigrationSet {
  std::string module{};  ///< "store", "queue"
  std::vector<Migration> migrations{};
};

/// Brings the schema of each module up to date, in the order given. Does nothing to modules not named. Throws
/// store::Error schema_too_new when the database knows a higher number than `sets` does, sql::Error when a step fails
/// (what was done before stays done; the next call goes on there).
void migrate(sql::Connection& connection, const std::vector<MigrationSet>& sets);

/// `step` with the words of the engine behind `connection`. Throws sql::Error usage for one that is not in the table.
std::string in_words_of(sql::Connection& connection, std::string_view step);

/// The number of the last completed migration of `module`, 0 when there is none. For an empty database too.
int schema_version(sql::Connection& connection, std::string_view module);

}  // namespace posthouse::store
