#include "apps/posthouse/data_option.h"

#include <cstdlib>
#include <ctime>

#include <CLI/CLI.hpp>

#include "posthouse/queue/schema.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/services.h"

namespace posthouse::app {

void DataOption::add_to(CLI::App& command) {
  command.add_option("--data", data, "Folder of the mail (default: $POSTHOUSE_DATA, else data)")->type_name("DIR");
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
  if (!config.empty()) {
    return server::load_config(config, server::config_schema()).data;
  }
  const char* const environment = std::getenv("POSTHOUSE_DATA");
  return environment != nullptr && *environment != '\0' ? environment : "data";
}

std::string DataOption::database_url() const {
  if (!database.empty()) {
    return database;
  }
  if (!config.empty()) {
    return server::load_config(config, server::config_schema()).database;
  }
  const char* const environment = std::getenv("POSTHOUSE_DATABASE");
  return environment != nullptr ? environment : "";
}

store::StoreOptions store_options(const DataOption& option) {
  store::StoreOptions options;
  options.data_dir = option.folder();
  options.database = option.database_url();
  options.migrations = {queue::migrations()};
  options.references = queue::references();
  return options;
}

std::shared_ptr<store::Store> open_store(const DataOption& option, bool create) {
  store::StoreOptions options = store_options(option);
  options.create = create;
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
