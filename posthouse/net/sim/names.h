#pragma once
// The names of a simulated world. (Internal to the module.)
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/sim/core.h"

namespace posthouse::net::sim {

class Names final : public Resolver {
 public:
  explicit Names(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  void add(const std::string& name, const Address& address);
  void add_record(const std::string& name, DnsType type, std::string rdata);

  std::vector<Address> addresses(const std::string& host, std::uint16_t port, Deadline deadline) override;
  DnsAnswer<std::string> query(const std::string& name, DnsType type, Deadline deadline) override;

 private:
  struct Entry {
    std::vector<Address> addresses;
    std::map<DnsType, std::vector<std::string>> records;
  };
  const Entry& look_up(const std::string& name, Deadline deadline);

  const std::shared_ptr<Core> core_;
  std::map<std::string, Entry> entries_;
};

}  // namespace posthouse::net::sim
