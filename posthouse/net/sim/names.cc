#include "posthouse/net/sim/names.h"

#include <optional>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"

namespace posthouse::net::sim {

void Names::add(const std::string& name, const Address& address) {
  Entry& entry = entries_[to_lower(name)];
  entry.addresses.push_back(address);
  const DnsType type = address.family() == Address::Family::ipv4 ? DnsType::a : DnsType::aaaa;
  entry.records[type].emplace_back(address.octets());
}

void Names::add_record(const std::string& name, DnsType type, std::string rdata) {
  entries_[to_lower(name)].records[type].push_back(std::move(rdata));
}

// Asking takes as long as a packet there and back.
const Names::Entry& Names::look_up(const std::string& name, Deadline deadline) {
  const std::string shown = printable(name);
  const SimulatedFault fault = core_->step(shown, "look up");
  if (fault == SimulatedFault::error || fault == SimulatedFault::reset) {
    throw Error(Errc::name_not_found, "cannot look up " + shown + ": server failure",
                posthouse::ErrorDetails{.retryable = true, .connection_usable = true});
  }
  const Deadline answer(fault == SimulatedFault::vanish ? Duration::max() : core_->latency() + core_->latency());
  sleep_until(Deadline::earlier(answer, deadline).moment());
  if (answer.moment() > deadline.moment()) {
    throw Error(Errc::timeout, "timed out looking up " + shown);
  }
  const auto found = entries_.find(to_lower(name));
  if (found != entries_.end()) {
    return found->second;
  }
  throw Error(Errc::name_not_found, "no such host: " + shown,
              posthouse::ErrorDetails{.retryable = false, .connection_usable = true});
}

std::vector<Address> Names::addresses(const std::string& host, std::uint16_t port, Deadline deadline) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto literal = Address::try_ip(bracketed ? host.substr(1, host.size() - 2) : host, port);
  if (literal) {
    return {*literal};
  }
  if (to_lower(host) == "localhost") {
    return {Address("::1", port), Address("127.0.0.1", port)};
  }
  std::vector<Address> found = look_up(host, deadline).addresses;
  if (found.empty()) {
    throw Error(Errc::name_not_found, printable(host) + " has no IP address",
                posthouse::ErrorDetails{.retryable = false, .connection_usable = true});
  }
  for (Address& address : found) {
    address = address.with_port(port);
  }
  return found;
}

DnsAnswer<std::string> Names::query(const std::string& name, DnsType type, Deadline deadline) {
  const Entry& entry = look_up(name, deadline);
  DnsAnswer<std::string> answer{.canonical_name = to_lower(name)};
  if (const auto found = entry.records.find(type); found != entry.records.end()) {
    answer.records = found->second;
  }
  return answer;
}

}  // namespace posthouse::net::sim
