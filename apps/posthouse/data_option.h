#pragma once
// Which data folder a command works on.
#include <chrono>
#include <memory>
#include <string>

#include "posthouse/store/store.h"

namespace CLI {
class App;
}

namespace posthouse::app {

/// Where the mail is.
struct Place {
  std::string folder{};
  std::string database{};  ///< A server's URL; empty for SQLite in the folder.
  std::string hostname{};  ///< Of the server, where a configuration is read; else empty.
  std::string socket{};    ///< Where the server takes letters from programs; empty: in its folder.
};

/// The options --data, --database and --config of a command. --data wins; then the configuration's `data`; then
/// $POSTHOUSE_DATA; then "data" where there is such a folder; then `data` of the installed server's configuration
/// ($POSTHOUSE_CONFIG, else /etc/posthouse/posthouse.toml) where there is one; then "data". Likewise --database, `database`,
/// $POSTHOUSE_DATABASE, none.
struct DataOption {
  std::string data{};
  std::string database{};
  std::string config{};
  bool quiet = false;  ///< say_where() says nothing.

  void add_to(CLI::App& command);
  /// Reads the configuration, if one says it. Throws server::Error.
  Place place() const;

 private:
  std::string configuration() const;
};

/// Names the house a command works in, on standard error, unless whoever gave the command has named it.
void say_where(const DataOption& option, const Place& place);

/// The store there, with the migrations of every module of this binary, for a command that works beside a running server
/// or without one, which is told of what it changes. Unless `create`, it must exist. Says where it is (say_where()). Throws
/// store::Error.
std::shared_ptr<store::Store> open_store(const DataOption& option, bool create = false);

/// "2024-05-01T12:00:00Z"
std::string iso_time(store::Moment moment);

}  // namespace posthouse::app
