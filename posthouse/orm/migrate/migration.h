#pragma once
// Numbered changes of a database, up and down, each done once.
//
//     const std::vector<orm::Migration> migrations = {
//         {1, "users", {"create table user (id bigint primary key, name varchar(40) not null)"}, {"drop table user"}},
//         {2, "ages", {"alter table user add column age bigint"}, {"alter table user drop column age"}},
//     };
//     orm::Migrator(db, migrations).up();
//
// Table orm_migration (MigratorOptions::table) has a row for each migration that was begun: how many of its steps are
// done, and a checksum of their text, so that a text changed afterwards is noticed. Several modules, each with numbers
// of its own, may share the table (MigratorOptions::module).
//
// SQLite: a migration is one transaction; it happens or it does not. MariaDB commits with every CREATE, ALTER and DROP,
// so there each step is recorded by itself, and one that failed or was interrupted goes on at the step where it
// stopped. A step of INSERT, UPDATE and DELETE is undone with its record; one of DDL that was cut off may have happened
// without being recorded: Migrator::skip_step() counts it as done.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sql/connection/connection.h"

namespace posthouse::orm {

namespace detail {
struct MigrationRecord;
class MigrationRecords;
}  // namespace detail

/// A part of a migration: SQL, or a function.
struct MigrationStep {
  MigrationStep(const char* statements) : sql(statements) {}
  /// One or more statements; see split_statements. Each becomes a step.
  MigrationStep(std::string statements) : sql(std::move(statements)) {}
  /// What SQL alone cannot do. `label` stands for the function where steps are named and in the checksum.
  MigrationStep(std::string label, std::function<void(sql::Connection&)> function)
      : sql(std::move(label)), run(std::move(function)) {}

  std::string sql;
  std::function<void(sql::Connection&)> run{};
};

/// One change. What was released is never edited; a later migration corrects it.
struct Migration {
  int number = 0;                     ///< From 1; gaps are allowed.
  std::string name{};                 ///< A few words for people.
  std::vector<MigrationStep> up{};    ///< Not empty.
  std::vector<MigrationStep> down{};  ///< Undoes it; empty when that cannot be.
};

/// The statements of a script, without the semicolons between them and without what is comment only. Semicolons in
/// strings, quoted names, comments ("--", "#", "/* */") and the BEGIN … END of triggers and stored routines separate
/// nothing. Throws sql::Error (usage) for DELIMITER, which is a command of MySQL's client and not needed here.
std::vector<std::string> split_statements(std::string_view script);

enum class MigrationState : std::uint8_t {
  pending,
  applied,
  changed,  ///< Applied, but its text has been changed since.
  running,  ///< MariaDB: somebody is at it.
  stopped,  ///< MariaDB: it failed or was interrupted in the middle.
  unknown   ///< Recorded in the database, but not among the migrations.
};
/// "pending", …
std::string_view to_string(MigrationState state) noexcept;

struct MigrationStatus {
  int number = 0;
  std::string name{};
  MigrationState state = MigrationState::pending;
  bool down = false;  ///< Running or stopped: on its way down.
  std::size_t steps_done = 0;
  std::size_t steps = 0;
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> changed_at{};
  std::string error{};  ///< Why it stopped, as far as that is known.
};

/// One migration to be run, or a rest of it.
struct MigrationRun {
  int number = 0;
  std::string name{};
  bool down = false;
  std::size_t first_step = 0;
  std::vector<std::string> steps{};  ///< From first_step on: the SQL, or the label of a function.
};

struct MigratorOptions {
  std::string table = "orm_migration";
  std::string module{};                ///< Whose migrations these are, where several modules share the table.
  bool engine_words = false;           ///< $id, $blob, $table … in steps stand for the engine's words; see words.h.
  std::chrono::seconds lock_wait{60};  ///< MariaDB: how long to wait for another process that is migrating.
  std::function<void(const MigrationRun&)> on_start{};
};

/// Applies migrations to a database. Uses the connection, in which no transaction may be open, while its functions run.
/// Two at the same time do each migration once: MariaDB has a lock for it (GET_LOCK; of one server, not of a Galera
/// cluster), on SQLite a transaction is one.
///
/// up, down and to throw sql::Error: usage when a migration was changed after it was applied, is unknown, would come
/// before one that is applied already, stopped half-way in the other direction, or cannot be undone; busy when somebody
/// else holds the lock; what a step failed by, with its number. What was done before stays done.
class Migrator {
 public:
  /// Throws sql::Error (usage) for numbers below 1 or twice, for migrations without steps, and for BEGIN, COMMIT and
  /// the like as a step. `connection` must outlive it.
  Migrator(sql::Connection& connection, std::vector<Migration> migrations, MigratorOptions options = {});

  /// All migrations, known or recorded, by number. Changes nothing.
  std::vector<MigrationStatus> status();
  /// The number of the last migration that is applied, known or not; 0 where none is. Changes nothing.
  int version();
  /// Applies the next `count` pending migrations, or all.
  std::vector<MigrationRun> up(std::optional<std::size_t> count = std::nullopt);
  /// Undoes the last `count` migrations.
  std::vector<MigrationRun> down(std::size_t count = 1);
  /// Applies or undoes what is needed for `number` to be the last one applied; 0: none.
  std::vector<MigrationRun> to(int number);

  /// What up(count), down(count) and to(number) would do now.
  std::vector<MigrationRun> plan_up(std::optional<std::size_t> count = std::nullopt);
  std::vector<MigrationRun> plan_down(std::size_t count = 1);
  std::vector<MigrationRun> plan_to(int number);

  /// Counts the step at which a migration stopped as done; its status thereafter.
  MigrationStatus skip_step();
  /// Declares that the present text of an applied migration is the one that was applied, though it was changed since.
  void accept(int number);

 private:
  struct Known;
  class Lock;
  const Known* known(int number) const;
  MigrationStatus status_of(const Known* known, const detail::MigrationRecord* record, bool locked);
  void refuse_disorder(const std::vector<MigrationStatus>& all) const;
  MigrationRun run_of(const Known& known, bool down, std::size_t first_step) const;
  std::vector<MigrationRun> run(const std::function<std::vector<MigrationRun>()>& plan);
  bool run_whole(const MigrationRun& run);
  bool run_by_steps(const MigrationRun& run);
  void run_step(const MigrationRun& run, std::size_t step);
  void record(const MigrationRun& run, std::size_t steps_done);
  void write(const std::function<void()>& records);
  void record_error(int number, std::string_view error) noexcept;
  std::string text_of(const MigrationStep& step) const;
  bool is_sqlite() const { return connection_.engine() == "sqlite"; }

  sql::Connection& connection_;
  std::vector<Known> migrations_;  // by number
  MigratorOptions options_;
  std::unique_ptr<detail::MigrationRecords> records_;

 public:
  Migrator(const Migrator&) = delete;
  Migrator& operator=(const Migrator&) = delete;
  ~Migrator();
};

}  // namespace posthouse::orm
