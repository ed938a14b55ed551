#pragma once
// A MariaDB server of a test's own: Debian's mariadbd on a fresh data directory, reached by a Unix socket, and by TCP
// on 127.0.0.1 where a test asks for it.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace posthouse::test {

struct MariadbServerOptions {
  std::vector<std::string> arguments{};  ///< Further ones for mariadbd.
  bool tcp = false;
  std::string cert_file{};  ///< PEM files: the server offers TLS.
  std::string key_file{};
};

/// Runs from construction to destruction; its directory goes with it. As root it runs under the user nobody.
class MariadbServer {
 public:
  /// Throws std::runtime_error with the end of the server's log when it does not start.
  explicit MariadbServer(MariadbServerOptions options = {});
  ~MariadbServer();

  /// False when the package mariadb-server is not installed.
  static bool available();

  /// A name for a database that nobody has used yet; make it with "create database NAME".
  std::string new_name();
  /// The same server, no database chosen, with more parameters put behind ("&ssl_mode=…").
  std::string url(const std::string& database = {}, const std::string& more = {}) const;
  /// Where it listens by TCP.
  std::uint16_t port() const;
  /// The path of its Unix socket.
  std::string socket() const;
  /// Ends the server at once, as a crash does.
  void crash();
  /// Stops it: it keeps its connections, and its port, and says nothing any more.
  void freeze();
  /// Lets it go on.
  void thaw();
  /// Starts it (again) on the same data.
  void restart();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace posthouse::test
