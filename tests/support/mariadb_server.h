#pragma once
// A MariaDB server of a test's own: Debian's mariadbd on a fresh data directory, reached by a Unix socket only.
#include <memory>
#include <string>
#include <vector>

namespace posthouse::test {

/// Runs from construction to destruction; its directory goes with it. As root it runs under the user nobody.
class MariadbServer {
 public:
  /// `arguments` are further ones for mariadbd and win over those it has. Throws std::runtime_error with the end of the
  /// server's log when it does not start.
  explicit MariadbServer(std::vector<std::string> arguments = {});
  ~MariadbServer();

  /// False when the package mariadb-server is not installed.
  static bool available();

  /// A name for a database that nobody has used yet; make it with "create database NAME".
  std::string new_name();
  /// The same server, no database chosen, with more parameters put behind ("&ssl_mode=…").
  std::string url(const std::string& database = {}, const std::string& more = {}) const;
  /// The path of its Unix socket.
  std::string socket() const;
  /// Ends the server at once, as a crash does.
  void crash();
  /// Starts it (again) on the same data.
  void restart();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::test
