#include "posthouse/orm/migrate/migrate_main.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "posthouse/base/text.h"
#include "posthouse/orm/migrate/files.h"
#include "posthouse/orm/migrate/migration_files.h"

namespace posthouse::orm {
namespace {

constexpr int not_up_to_date = 3;

std::string time_of(const MigrationStatus& status) {
  if (!status.changed_at) {
    return {};
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*status.changed_at);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

std::string printed(std::string_view statement) {
  return std::string(statement) + ";\n";
}

// One call of the program.
class Command {
 public:
  Command(std::vector<Migration> migrations, MigrateProgram program)
      : migrations_(std::move(migrations)), program_(std::move(program)), directory_(program_.directory.string()) {}

  int run(int argc, const char* const* argv) {
    CLI::App app("Applies numbered changes to a database, and undoes them.", program_.name);
    describe(app);
    try {
      app.parse(argc, argv);
      return status_;
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    } catch (const std::exception& error) {
      std::cout.flush();
      std::cerr << program_.name << ": " << error.what() << '\n';
      return 1;
    }
  }

 private:
  void describe(CLI::App& app) {
    app.require_subcommand(1);
    app.fallthrough();
    if (!program_.version.empty()) {
      app.set_version_flag("--version", program_.name + ' ' + program_.version);
    }
    app.add_option("--database", program_.database, "URL, e.g. sqlite:///shop.db or mysql://user@host/shop")
        ->envname("DATABASE_URL");
    app.add_option("--dir", directory_, "Folder of .sql files, named like 0001_what_it_does.up.sql and .down.sql");
    app.add_option("--table", program_.table, "Table that records what was done")->capture_default_str();
    app.footer(
        "Exit status: 0; 1 when something failed; 2 for a wrong command line; 3 when status --check or diff\n"
        "found something to do. Try:  " +
        program_.name + " status --database sqlite:///shop.db --dir migrations");

    CLI::App* const status = add(app, "status", "Show every migration and its state", &Command::show_status);
    status->add_flag("--check", check_, "Exit with status 3 when not all is applied");
    CLI::App* const up = add(app, "up", "Apply what is pending", &Command::go_up);
    up->add_option("N", count_, "At most so many")->check(CLI::PositiveNumber);
    CLI::App* const down = add(app, "down", "Undo the last migration", &Command::go_down);
    down->add_option("N", count_, "So many")->check(CLI::PositiveNumber);
    CLI::App* const to = add(app, "to", "Apply or undo until migration N is the last one applied", &Command::go_to);
    to->add_option("N", number_, "Its number; 0 for none")->required()->check(CLI::NonNegativeNumber);
    CLI::App* const fresh = add(app, "new", "Make the two files of a new migration", &Command::make_new);
    fresh->add_option("NAME", name_, "What it does, in a few words")->required();
    fresh->add_flag("--from-diff", from_diff_, "Fill it with the statements that diff prints");
    add(app, "diff", "Show in what the database differs from the program's entities", &Command::show_diff);
    CLI::App* const sql = add(app, "sql", "Print what would be run, and run nothing", &Command::show_sql);
    sql->add_option("N", number_, "As for the command to; without it, as for up")->check(CLI::NonNegativeNumber);
    add(app, "skip-step", "Count the step at which a migration stopped as done", &Command::skip_step);
    CLI::App* const accept =
        add(app, "accept", "Take the changed text of an applied migration for what was applied", &Command::accept);
    accept->add_option("N", number_, "Its number")->required()->check(CLI::PositiveNumber);
  }

  CLI::App* add(CLI::App& app, const std::string& name, const std::string& help, void (Command::*run)()) {
    CLI::App* const command = app.add_subcommand(name, help);
    command->callback([this, run] { (this->*run)(); });
    return command;
  }

  sql::Connection& database() {
    if (!database_) {
      if (program_.database.empty()) {
        throw sql::Error(sql::Errc::usage, "which database? Say --database URL");
      }
      sql::ConnectOptions options;
      options.busy_timeout = std::chrono::seconds(60);
      options.answer_timeout = std::chrono::milliseconds(0);  // a large table takes its time
      database_.emplace(sql::connect(program_.database, options));
    }
    return *database_;
  }

  std::vector<Migration> all_migrations(std::string_view engine) const {
    std::vector<Migration> all = migrations_;
    if (directory_.empty()) {
      return all;
    }
    for (Migration& each : migrations_in(directory_, engine)) {
      all.push_back(std::move(each));
    }
    return all;
  }

  Migrator& migrator() {
    if (!migrator_) {
      MigratorOptions options;
      options.table = program_.table;
      options.on_start = [](const MigrationRun& run) {
        std::cout << (run.down ? "undoing " : "applying ") << run.number << "  " << run.name << std::endl;
      };
      migrator_ = std::make_unique<Migrator>(database(), all_migrations(database().engine()), std::move(options));
    }
    return *migrator_;
  }

  void show_status() {
    for (const MigrationStatus& each : migrator().status()) {
      std::string number = std::to_string(each.number);
      number.insert(0, number.size() < 4 ? 4 - number.size() : 0, ' ');
      std::cout << number << "  " << to_string(each.state);
      const bool halfway = each.state == MigrationState::running || each.state == MigrationState::stopped;
      if (halfway) {
        std::cout << (each.down ? " on its way down" : "") << " at step " << each.steps_done + 1 << " of "
                  << each.steps;
      }
      if (each.changed_at) {
        std::cout << "  " << time_of(each);
      }
      std::cout << "  " << each.name << '\n';
      if (halfway && !each.error.empty()) {
        std::cout << "      " << printable(each.error, 900) << '\n';
      }
      if (check_ && each.state != MigrationState::applied) {
        status_ = not_up_to_date;
      }
    }
  }

  static void tell(const std::vector<MigrationRun>& done) {
    if (done.empty()) {
      std::cout << "nothing to do\n";
    }
  }
  void go_up() { tell(migrator().up(count_)); }
  void go_down() { tell(migrator().down(count_.value_or(1))); }
  void go_to() { tell(migrator().to(*number_)); }

  void show_sql() {
    for (const MigrationRun& run : number_ ? migrator().plan_to(*number_) : migrator().plan_up()) {
      std::cout << "-- " << (run.down ? "down " : "up ") << run.number << ": " << run.name << '\n';
      for (const std::string& step : run.steps) {
        std::cout << printed(step);
      }
    }
  }

  SchemaDiff diff() {
    if (!program_.diff) {
      throw sql::Error(
          sql::Errc::usage,
          "this program knows no entities to compare with; a program of one's own does (see migrate_main.h)");
    }
    SchemaDiff diff = program_.diff(database());
    // Nobody has described the table of records.
    std::erase_if(diff.differences, [&](const SchemaDifference& each) { return each.table == program_.table; });
    std::erase_if(diff.dropping,
                  [&](const std::string& sql) { return sql.ends_with("TABLE IF EXISTS \"" + program_.table + '"'); });
    return diff;
  }

  void show_diff() {
    const SchemaDiff found = diff();
    for (const SchemaDifference& each : found.differences) {
      std::cout << "-- " << each.words << '\n';
    }
    for (const std::string& sql : found.statements) {
      std::cout << printed(sql);
    }
    if (!found.dropping.empty()) {
      std::cout << "-- these drop what is not described; they are never run by themselves:\n";
    }
    for (const std::string& sql : found.dropping) {
      std::cout << "-- " << printed(sql);
    }
    if (!found.empty()) {
      status_ = not_up_to_date;
    }
  }

  void make_new() {
    if (directory_.empty()) {
      throw sql::Error(sql::Errc::usage, "in which folder? Say --dir DIR");
    }
    int last = 0;
    std::error_code ignored;
    if (std::filesystem::exists(directory_, ignored)) {
      for (const std::string_view engine : {"sqlite", "mariadb"}) {
        for (const Migration& each : all_migrations(engine)) {
          last = std::max(last, each.number);
        }
      }
    }
    std::string up = "-- what is to be done, statements separated by semicolons\n";
    if (from_diff_) {
      up.clear();
      for (const std::string& sql : diff().statements) {
        up += printed(sql);
      }
    }
    std::cout << detail::write_new_migration(directory_, name_, last + 1, up, "-- how to undo it\n").string() << '\n';
  }

  void skip_step() {
    const MigrationStatus status = migrator().skip_step();
    std::cout << "migration " << status.number << "  " << status.name << ": " << status.steps_done << " of "
              << status.steps << " steps are done\n";
  }

  void accept() {
    migrator().accept(*number_);
    std::cout << "accepted " << *number_ << '\n';
  }

  std::vector<Migration> migrations_;
  MigrateProgram program_;
  std::string directory_;
  std::optional<std::size_t> count_{};
  std::optional<int> number_{};
  std::string name_{};
  bool check_ = false;
  bool from_diff_ = false;
  int status_ = 0;
  std::optional<sql::Connection> database_{};
  std::unique_ptr<Migrator> migrator_{};
};

}  // namespace

int migrate_main(int argc, const char* const* argv, std::vector<Migration> migrations, MigrateProgram program) {
  return Command(std::move(migrations), std::move(program)).run(argc, argv);
}

}  // namespace posthouse::orm
