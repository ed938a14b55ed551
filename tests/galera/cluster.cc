#include "tests/galera/cluster.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posthouse/sql/sql.h"

namespace posthouse::test {
namespace {

constexpr const char* provider = "/usr/lib/galera/libgalera_smm.so";

/// Ports that are free now. Somebody may take one before a node does: then the cluster does not start.
std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(sockets.back(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockname(sockets.back(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no free port");
    }
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int socket : sockets) {
    ::close(socket);
  }
  return ports;
}

}  // namespace

bool GaleraCluster::available() {
  return MariadbServer::available() && ::access(provider, R_OK) == 0 && ::access("/usr/bin/rsync", X_OK) == 0;
}

GaleraCluster::GaleraCluster() {
  const auto ports = free_ports(3 * nodes);
  const std::string meeting_point = "127.0.0.1:" + std::to_string(ports[0]);
  for (std::size_t i = 0; i < nodes; ++i) {
    const auto local = [&](std::size_t which) { return "127.0.0.1:" + std::to_string(ports[3 * i + which]); };
    nodes_[i] = std::make_unique<MariadbServer>(MariadbServerOptions{
        .arguments = {"--wsrep-on=ON", "--wsrep-provider=" + std::string(provider), "--wsrep-cluster-name=posthouse",
                      "--wsrep-cluster-address=gcomm://" + (i == 0 ? std::string() : meeting_point),
                      "--wsrep-node-name=n" + std::to_string(i), "--wsrep-node-address=127.0.0.1",
                      "--wsrep-sst-method=rsync", "--wsrep-sst-receive-address=" + local(2), "--binlog-format=ROW",
                      "--innodb-autoinc-lock-mode=2", "--innodb-buffer-pool-size=32M",
                      "--wsrep-provider-options=gmcast.listen_addr=tcp://" + local(0) +
                          ";base_host=127.0.0.1;base_port=" + std::to_string(ports[3 * i]) +
                          ";ist.recv_addr=" + local(1) + ";gcache.size=16M"}});
    wait_until_synced(i);
  }
}

std::string GaleraCluster::new_database() {
  const std::string name = nodes_[0]->new_name();
  sql::connect(url(0, {})).exec("CREATE DATABASE " + name);
  for (std::size_t i = 1; i < nodes; ++i) {
    auto db = sql::connect(url(i, {}));
    db.exec("SET SESSION wsrep_sync_wait = 1");
    db.query_one<int>("SELECT 1");  // waits until this node has what others had written
  }
  return name;
}

void GaleraCluster::rejoin(std::size_t node) {
  nodes_[node]->restart();
  wait_until_synced(node);
}

void GaleraCluster::wait_until_synced(std::size_t node) const {
  std::string state;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  while (std::chrono::steady_clock::now() < give_up) {
    try {
      auto db = sql::connect(url(node, {}));
      state = std::get<1>(db.query_one<std::string, std::string>("SHOW STATUS LIKE 'wsrep_local_state_comment'"));
      if (state == "Synced") {
        return;
      }
    } catch (const sql::Error& error) {
      state = error.what();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("node " + std::to_string(node) + " does not become part of the cluster: " + state);
}

}  // namespace posthouse::test
