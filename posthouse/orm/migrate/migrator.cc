// Terms. A migration's *direction* is up or down. Its *record* is its row in the table: up with all steps done means
// applied; fewer steps, or down, means that it stopped there (or that somebody is at it). No row: not applied.
//
// The checksum of a record is that of the steps done when going up. So a step that failed may be mended in the text and
// tried again, while the steps before it must stay what they were.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "posthouse/orm/migrate/checksum.h"
#include "posthouse/orm/migrate/migration.h"
#include "posthouse/orm/migrate/records.h"
#include "posthouse/orm/migrate/words.h"
#include "posthouse/sql/connection/transaction.h"

namespace posthouse::orm {
namespace {

using detail::MigrationRecord;

[[noreturn]] void refuse(const std::string& why) {
  throw sql::Error(sql::Errc::usage, why);
}

std::string named(int number, const std::string& name) {
  return "migration " + std::to_string(number) + " (" + name + ")";
}

// SQLite: foreign keys are not enforced while a table is written anew, and looked after at the end.
class ForeignKeysOff {
 public:
  explicit ForeignKeysOff(sql::Connection& connection)
      : connection_(connection), were_on_(connection.query_one<bool>("PRAGMA foreign_keys")) {
    connection_.exec("PRAGMA foreign_keys = OFF");
  }
  ForeignKeysOff(const ForeignKeysOff&) = delete;
  ForeignKeysOff& operator=(const ForeignKeysOff&) = delete;
  ~ForeignKeysOff() {
    try {
      if (were_on_) {
        connection_.exec("PRAGMA foreign_keys = ON");
      }
    } catch (const posthouse::Error&) {  // the connection is broken
    }
  }

 private:
  sql::Connection& connection_;
  bool were_on_;
};

// Tables with rows that refer to none, and how many such rows.
std::map<std::string, std::size_t> loose_ends(sql::Connection& connection) {
  std::map<std::string, std::size_t> ends;
  for (const sql::Row& row : connection.query("PRAGMA foreign_key_check")) {
    ++ends[row.get<std::string>(0)];
  }
  return ends;
}

void refuse_new_loose_ends(sql::Connection& connection, const std::map<std::string, std::size_t>& before) {
  for (const auto& [table, count] : loose_ends(connection)) {
    const auto found = before.find(table);
    if (found != before.end() && found->second >= count) {
      continue;
    }
    throw sql::Error(sql::Errc::foreign_key,
                     fmt::format("{} rows of table \"{}\" would refer to rows that do not exist", count, table));
  }
}

}  // namespace

std::string_view to_string(MigrationState state) noexcept {
  switch (state) {
    case MigrationState::applied:
      return "applied";
    case MigrationState::changed:
      return "changed";
    case MigrationState::running:
      return "running";
    case MigrationState::stopped:
      return "stopped";
    case MigrationState::unknown:
      return "unknown";
    case MigrationState::pending:
      break;
  }
  return "pending";
}

struct Migrator::Known {
  int number;
  std::string name;
  std::vector<MigrationStep> up, down;  // a statement each
};

// MariaDB: one runner at a time. The server lets go of the lock when the connection ends.
class Migrator::Lock {
 public:
  explicit Lock(Migrator& migrator) : connection_(migrator.connection_) {
    if (migrator.is_sqlite()) {
      return;
    }
    name_ = name(migrator);
    const auto got =
        connection_.query_one<std::optional<int>>("SELECT GET_LOCK(?, ?)", name_, migrator.options_.lock_wait.count());
    held_ = got == 1;
    if (!held_) {
      throw sql::Error(sql::Errc::busy, "somebody else is migrating this database");
    }
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    try {
      if (held_) {
        connection_.query<std::optional<int>>("SELECT RELEASE_LOCK(?)", name_).all();
      }
    } catch (const posthouse::Error&) {  // it goes with the connection
    }
  }
  static bool is_held(Migrator& migrator) {
    if (migrator.is_sqlite()) {
      return false;
    }
    return migrator.connection_.query_one<std::optional<std::int64_t>>("SELECT IS_USED_LOCK(?)", name(migrator))
        .has_value();
  }

 private:
  static std::string name(Migrator& migrator) {
    const auto database = migrator.connection_.query_one<std::string>("SELECT coalesce(database(), '')");
    return (database + '.' + migrator.options_.table).substr(0, 64);  // longer names are refused
  }
  sql::Connection& connection_;
  std::string name_;
  bool held_ = false;
};

Migrator::Migrator(sql::Connection& connection, std::vector<Migration> migrations, MigratorOptions options)
    : connection_(connection),
      options_(std::move(options)),
      records_(std::make_unique<detail::MigrationRecords>(connection, options_.table, options_.module)) {
  for (Migration& migration : migrations) {
    Known known{migration.number, std::move(migration.name), detail::single_steps(migration.up),
                detail::single_steps(migration.down)};
    if (known.number < 1) {
      refuse("migrations are numbered from 1; one has " + std::to_string(known.number));
    }
    if (known.up.empty()) {
      refuse(named(known.number, known.name) + " has no steps");
    }
    migrations_.push_back(std::move(known));
  }
  std::sort(migrations_.begin(), migrations_.end(),
            [](const Known& one, const Known& other) { return one.number < other.number; });
  for (std::size_t i = 1; i < migrations_.size(); ++i) {
    if (migrations_[i].number != migrations_[i - 1].number) {
      continue;
    }
    refuse(fmt::format("two migrations have the number {}: {} and {}", migrations_[i].number, migrations_[i - 1].name,
                       migrations_[i].name));
  }
}

Migrator::~Migrator() = default;

const Migrator::Known* Migrator::known(int number) const {
  const auto found =
      std::find_if(migrations_.begin(), migrations_.end(), [&](const Known& each) { return each.number == number; });
  return found == migrations_.end() ? nullptr : &*found;
}

MigrationStatus Migrator::status_of(const Known* known, const MigrationRecord* record, bool locked) {
  MigrationStatus status;
  status.number = known != nullptr ? known->number : record->number;
  status.name = known != nullptr ? known->name : record->name;
  if (known != nullptr) {
    status.steps = known->up.size();
  }
  if (record == nullptr) {
    return status;
  }
  status.down = record->down;
  status.steps_done = record->steps_done;
  status.steps = record->steps;
  status.changed_at = record->changed_at;
  status.error = record->error.value_or("");
  if (known == nullptr) {
    status.state = MigrationState::unknown;
  } else if (!record->down && !record->checksum.empty() &&
             detail::checksum(known->up, record->steps_done) != record->checksum) {
    status.state = MigrationState::changed;
  } else if (record->in_the_middle()) {
    status.state = locked ? MigrationState::running : MigrationState::stopped;
  } else if (record->checksum.empty()) {
    status.state = MigrationState::applied;
  } else {
    // More steps than were done: the text has grown.
    status.state = known->up.size() == record->steps ? MigrationState::applied : MigrationState::changed;
  }
  return status;
}

std::vector<MigrationStatus> Migrator::status() {
  const bool locked = Lock::is_held(*this);
  std::map<int, MigrationStatus> all;
  for (const Known& each : migrations_) {
    all[each.number] = status_of(&each, nullptr, locked);
  }
  for (const MigrationRecord& record : records_->read()) {
    all[record.number] = status_of(known(record.number), &record, locked);
  }
  std::vector<MigrationStatus> list;
  for (auto& [number, status] : all) {
    list.push_back(std::move(status));
  }
  return list;
}

int Migrator::version() {
  int version = 0;
  for (const MigrationRecord& record : records_->read()) {
    if (!record.in_the_middle()) {
      version = record.number;
    }
  }
  return version;
}

void Migrator::refuse_disorder(const std::vector<MigrationStatus>& all) const {
  const MigrationStatus* pending = nullptr;
  for (const MigrationStatus& each : all) {
    const std::string what = named(each.number, each.name);
    if (each.state == MigrationState::unknown) {
      refuse(fmt::format("the database has {}, which this program does not know: a newer one has made it", what));
    }
    if (each.state == MigrationState::changed) {
      refuse(what +
             " was changed after it was applied to this database; make the change by a new migration, or accept "
             "it if it changes nothing");
    }
    if (each.state == MigrationState::pending) {
      if (pending == nullptr) {
        pending = &each;
      }
    } else if (pending != nullptr) {
      refuse(fmt::format(
          "{} is not applied, but {}, which comes later, is; give it a number behind those that are applied",
          named(pending->number, pending->name), what));
    }
  }
}

MigrationRun Migrator::run_of(const Known& known, bool down, std::size_t first_step) const {
  MigrationRun run{known.number, known.name, down, first_step, {}};
  const auto& steps = down ? known.down : known.up;
  if (down && steps.empty()) {
    refuse(named(known.number, known.name) + " cannot be undone: it has no way down");
  }
  for (std::size_t i = first_step; i < steps.size(); ++i) {
    run.steps.push_back(text_of(steps[i]));
  }
  return run;
}

std::vector<MigrationRun> Migrator::plan_up(std::optional<std::size_t> count) {
  const std::vector<MigrationStatus> all = status();
  refuse_disorder(all);
  std::vector<MigrationRun> plan;
  for (const MigrationStatus& each : all) {
    if (count && plan.size() == *count) {
      break;
    }
    if (each.state == MigrationState::applied) {
      continue;
    }
    if (each.down) {
      refuse(named(each.number, each.name) + " stopped on its way down; undo it first");
    }
    plan.push_back(run_of(*known(each.number), false, each.steps_done));
  }
  return plan;
}

std::vector<MigrationRun> Migrator::plan_down(std::size_t count) {
  std::vector<MigrationStatus> all = status();
  refuse_disorder(all);
  std::vector<MigrationRun> plan;
  std::reverse(all.begin(), all.end());
  for (const MigrationStatus& each : all) {
    if (plan.size() == count) {
      break;
    }
    if (each.state == MigrationState::pending) {
      continue;
    }
    if (!each.down && each.state != MigrationState::applied) {
      refuse(named(each.number, each.name) + " stopped on its way up; apply it first");
    }
    plan.push_back(run_of(*known(each.number), true, each.down ? each.steps_done : 0));
  }
  return plan;
}

std::vector<MigrationRun> Migrator::plan_to(int number) {
  if (number != 0 && known(number) == nullptr) {
    refuse("there is no migration " + std::to_string(number));
  }
  std::size_t above = 0;
  std::size_t below = 0;
  bool going_down = false;
  for (const MigrationStatus& each : status()) {
    const bool recorded = each.state != MigrationState::pending;
    going_down = going_down || (recorded && each.number > number);
    if (recorded && each.number > number) {
      ++above;
    }
    if (each.number <= number && (each.state != MigrationState::applied)) {
      ++below;
    }
  }
  return going_down ? plan_down(above) : plan_up(below);
}

std::vector<MigrationRun> Migrator::up(std::optional<std::size_t> count) {
  return run([&] { return plan_up(count); });
}
std::vector<MigrationRun> Migrator::down(std::size_t count) {
  return run([&] { return plan_down(count); });
}
std::vector<MigrationRun> Migrator::to(int number) {
  return run([&] { return plan_to(number); });
}

std::vector<MigrationRun> Migrator::run(const std::function<std::vector<MigrationRun>()>& plan) {
  if (connection_.in_transaction()) {
    refuse("a transaction is open; migrations have transactions of their own");
  }
  const Lock lock(*this);
  std::vector<MigrationRun> done;
  for (const MigrationRun& each : plan()) {
    if (options_.on_start) {
      options_.on_start(each);
    }
    if (is_sqlite() ? run_whole(each) : run_by_steps(each)) {
      done.push_back(each);
    }
  }
  return done;
}

bool Migrator::run_whole(const MigrationRun& run) {
  const ForeignKeysOff foreign_keys_off(connection_);
  sql::Transaction transaction(connection_, sql::TransactionMode::immediate);
  // Somebody else may have been faster.
  const std::vector<MigrationRecord> now = records_->read();
  const bool applied = std::any_of(now.begin(), now.end(), [&](const MigrationRecord& record) {
    return record.number == run.number && !record.in_the_middle();
  });
  if (applied != run.down) {
    return false;
  }
  const auto before = loose_ends(connection_);
  records_->make();
  for (std::size_t step = 0; step < run.steps.size(); ++step) {
    run_step(run, step);
  }
  refuse_new_loose_ends(connection_, before);
  record(run, run.steps.size());
  transaction.commit();
  return true;
}

bool Migrator::run_by_steps(const MigrationRun& run) {
  records_->make();
  if (run.first_step == 0 || run.steps.empty()) {  // the mended text may have no step left
    record(run, run.first_step);
  }
  for (std::size_t step = run.first_step; step < run.first_step + run.steps.size(); ++step) {
    try {
      sql::Transaction transaction(connection_);  // which DDL ends; then the record is a transaction by itself
      run_step(run, step);
      record(run, step + 1);
      transaction.commit();
    } catch (const std::exception& error) {
      record_error(run.number, error.what());
      throw;
    }
  }
  return true;
}

void Migrator::run_step(const MigrationRun& run, std::size_t step) {
  const Known& migration = *known(run.number);
  const MigrationStep& each = (run.down ? migration.down : migration.up)[step];
  try {
    if (each.run) {
      each.run(connection_);
    } else {
      connection_.exec(text_of(each));
    }
    if (is_sqlite() && !connection_.in_transaction()) {
      refuse("the step has ended the transaction of the migration");
    }
  } catch (const sql::Error& error) {
    const std::size_t steps = run.first_step + run.steps.size();
    throw sql::Error(error.errc(),
                     fmt::format("{}{}, step {} of {}: {}", named(run.number, run.name), (run.down ? ", down" : ""),
                                 step + 1, steps, error.what()),
                     {},
                     {error.engine_code(), error.extended_code(), std::string(error.sqlstate()), error.retryable()});
  }
}

std::string Migrator::text_of(const MigrationStep& step) const {
  return options_.engine_words && !step.run ? in_words_of(connection_, step.sql) : step.sql;
}

void Migrator::record(const MigrationRun& run, std::size_t steps_done) {
  const std::size_t steps = run.first_step + run.steps.size();
  if (run.down && steps_done == steps) {
    return records_->erase(run.number);
  }
  records_->write({.number = run.number,
                   .name = run.name,
                   .checksum = detail::checksum(known(run.number)->up, run.down ? std::string::npos : steps_done),
                   .down = run.down,
                   .steps_done = steps_done,
                   .steps = steps});
}

void Migrator::record_error(int number, std::string_view error) noexcept {
  try {
    connection_.rollback();
    records_->note_error(number, error);
  } catch (const std::exception&) {  // the failure itself is what is told
  }
}

void Migrator::write(const std::function<void()>& records) {
  sql::Transaction transaction(connection_, sql::TransactionMode::immediate);
  records_->make();
  records();
  transaction.commit();
}

MigrationStatus Migrator::skip_step() {
  const int number = [&] {
    const Lock lock(*this);
    for (const MigrationRecord& each : records_->read()) {
      const Known* const migration = known(each.number);
      if (migration == nullptr || !each.in_the_middle()) {
        continue;
      }
      const auto& steps = each.down ? migration->down : migration->up;
      if (each.steps_done >= steps.size()) {
        break;
      }
      write([&] { record(run_of(*migration, each.down, each.steps_done), each.steps_done + 1); });
      return each.number;
    }
    refuse("no migration has stopped in the middle");
  }();
  const std::vector<MigrationStatus> all = status();
  return *std::find_if(all.begin(), all.end(), [&](const MigrationStatus& each) { return each.number == number; });
}

void Migrator::accept(int number) {
  const Lock lock(*this);
  const std::vector<MigrationRecord> all = records_->read();
  const auto found = std::find_if(all.begin(), all.end(), [&](const MigrationRecord& r) { return r.number == number; });
  const Known* const migration = known(number);
  if (found == all.end() || migration == nullptr || found->in_the_middle()) {
    refuse(fmt::format("migration {} is not applied", number));
  }
  write([&] { record(run_of(*migration, false, 0), migration->up.size()); });
}

}  // namespace posthouse::orm
