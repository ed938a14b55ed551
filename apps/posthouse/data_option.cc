#include "apps/posthouse/data_option.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "posthouse/mta_sts/schema.h"
#include "posthouse/queue/schema.h"
#include "posthouse/relay/tls_reports/rows.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/control/control_client.h"
#include "posthouse/server/services.h"
#include "posthouse/server/smtp/local_settings.h"

namespace posthouse::app {
namespace {

constexpr auto* installed_socket = "/run/posthouse/submission";
constexpr auto* installed_file = "/etc/posthouse/posthouse.toml";

const char* environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Of the server that is installed here: what its unit says. Empty when there is none.
std::string installed_configuration() {
  std::string file = environment("POSTHOUSE_CONFIG");
  if (file.empty()) {
    file = installed_file;
  }
  std::error_code error;
  return std::filesystem::exists(file, error) ? file : std::string();
}

/// Where the server of the configuration `file` takes letters; empty: it does not, or in its data folder. The unit of the
/// package has /run/posthouse made.
std::string socket_of(const std::string& file, const server::LocalSettings& settings) {
  return settings.socket ? *settings.socket : file == installed_file ? installed_socket : std::string();
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

// The one that says where the mail is, if any does.
std::string DataOption::configuration() const {
  std::error_code error;
  const bool said = !data.empty() || *environment("POSTHOUSE_DATA") != '\0' || std::filesystem::exists("data", error);
  return !config.empty() || said ? config : installed_configuration();
}

Place DataOption::place() const {
  if (!data.empty() && !database.empty() && config.empty()) {
    return {.folder = data, .database = database};
  }
  Place place{.folder = environment("POSTHOUSE_DATA"), .database = environment("POSTHOUSE_DATABASE")};
  if (const std::string file = configuration(); file == installed_file && ::access(file.c_str(), R_OK) != 0) {
    place = {.folder = "/var/lib/posthouse", .socket = installed_socket};  // what the package's configuration says
  } else if (!file.empty()) {
    const server::Config read = server::load_config(file, server::config_schema());
    place = {.folder = read.data,
             .database = read.database,
             .hostname = read.hostname,
             .socket = socket_of(file, read.services.of<server::LocalSettings>())};
  } else if (place.folder.empty()) {
    place.folder = "data";
  }
  return {.folder = data.empty() ? place.folder : data,
          .database = database.empty() ? place.database : database,
          .hostname = place.hostname,
          .socket = data.empty() ? place.socket : std::string()};
}

void say_where(const DataOption& option, const Place& place) {
  if (option.data.empty() && !option.quiet) {
    std::cerr << "The mail in " << std::filesystem::absolute(place.folder).lexically_normal().string()
              << (place.database.empty() ? "" : " and a database server") << ":\n";
  }
}

std::shared_ptr<store::Store> open_store(const DataOption& option, bool create) {
  const Place place = option.place();
  say_where(option, place);
  store::StoreOptions options;
  options.data_dir = place.folder;
  options.database = place.database;
  options.migrations = {queue::migrations(), relay::tls_report_migrations(), mta_sts::migrations()};
  options.references = queue::references();
  options.create = create;
  struct Telling {
    std::shared_ptr<store::Store> store{};
    store::Subscription subscription{};
  };
  const auto telling = std::make_shared<Telling>();
  telling->store = store::Store::open(std::move(options));
  telling->subscription = server::tell_server_of_changes(*telling->store, place.folder);
  return {telling, telling->store.get()};
}

std::string iso_time(store::Moment moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace posthouse::app
