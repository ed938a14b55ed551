#pragma once
// Three MariaDB servers that are one: a Galera cluster on loopback.
#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "tests/support/mariadb_server.h"

namespace posthouse::test {

/// Runs from construction to destruction; some 120 MiB a node. Clients come by Unix sockets, the nodes talk by TCP
/// ports of 127.0.0.1 that were free.
class GaleraCluster {
 public:
  static constexpr std::size_t nodes = 3;

  /// Returns when every node is synced. Throws std::runtime_error with the end of a server's log.
  GaleraCluster();

  /// False when one of the packages mariadb-server, galera-4 and rsync is not installed.
  static bool available();

  /// An empty database in all nodes; its name.
  std::string new_database();
  std::string url(std::size_t node, const std::string& database) const { return nodes_[node]->url(database); }
  /// Ends a node at once, as a crash does. Not node 0: the others find the cluster by it.
  void crash(std::size_t node) { nodes_[node]->crash(); }
  /// Starts it again, and returns when it has what it missed.
  void rejoin(std::size_t node);

 private:
  void wait_until_synced(std::size_t node) const;
  std::array<std::unique_ptr<MariadbServer>, nodes> nodes_;
};

}  // namespace posthouse::test
