#include "apps/posthouse/data_option.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "posthouse/queue/schema.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/services.h"

namespace posthouse::app {
namespace {

const char* environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Of the server that is installed here: what its unit says. Empty when there is none.
std::string installed_configuration() {
  std::string file = environment("POSTHOUSE_CONFIG");
  if (file.empty()) {
    file = "/etc/posthouse/posthouse.toml";
  }
  std::error_code error;
  return std::filesystem::exists(file, error) ? file : std::string();
}

}  // namespace

void DataOption::add_to(CLI::App& command) {
  command
      .add_option("--data", data,
                  "Folder of the mail (default: $POSTHOUSE_DATA, else data if it is there, else that of the installed "
                  "server)")
      ->type_name("DIR");
  command
      .add_option("--database", database,
                  "Database server with the mail (default: $POSTHOUSE_DATABASE, else SQLite in the folder)")
      ->type_name("URL");
  command.add_option("--config", config, "The server's configuration, which names folder and database")
      ->type_name("FILE");
}

std::string DataOption::folder() const {
  if (!data.empty()) {
    return data;
  }
  if (const std::string file = configuration(); !file.empty()) {
    return server::load_config(file, server::config_schema()).data;
  }
  const std::string set = environment("POSTHOUSE_DATA");
  return set.empty() ? "data" : set;
}

// The one that says where the mail is, if any does.
std::string DataOption::configuration() const {
  std::error_code error;
  const bool said = !data.empty() || *environment("POSTHOUSE_DATA") != '\0' || std::filesystem::exists("data", error);
  return !config.empty() || said ? config : installed_configuration();
}

std::string DataOption::database_url() const {
  if (!database.empty()) {
    return database;
  }
  if (const std::string file = configuration(); !file.empty()) {
    return server::load_config(file, server::config_schema()).database;
  }
  return environment("POSTHOUSE_DATABASE");
}

store::StoreOptions store_options(const DataOption& option) {
  store::StoreOptions options;
  options.data_dir = option.folder();
  options.database = option.database_url();
  options.migrations = {queue::migrations()};
  options.references = queue::references();
  return options;
}

void say_where(const DataOption& option) {
  if (option.data.empty()) {
    std::cerr << "The mail in " << std::filesystem::absolute(option.folder()).lexically_normal().string()
              << (option.database_url().empty() ? "" : " and a database server") << ":\n";
  }
}

std::shared_ptr<store::Store> open_store(const DataOption& option, bool create) {
  store::StoreOptions options = store_options(option);
  options.create = create;
  say_where(option);
  return store::Store::open(std::move(options));
}

std::string iso_time(store::Moment moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace posthouse::app
