#pragma once
// For tests: a resolver that answers from a table.
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/error.h"

namespace posthouse::mailauth::testing {

/// Names are compared without case and without a last dot. Aliases are followed, ten of them.
class ZoneResolver final : public net::Resolver {
 public:
  ZoneResolver() = default;
  /// Names with their texts.
  explicit ZoneResolver(const std::map<std::string, std::vector<std::string>>& texts) {
    for (const auto& [owner, list] : texts) {
      name(owner);
      for (const std::string& text : list) {
        txt(owner, text);
      }
    }
  }

  ZoneResolver& add(const std::string& name, net::DnsType type, std::string rdata) {
    zone_[key(name)].emplace_back(type, std::move(rdata));
    return *this;
  }
  ZoneResolver& txt(const std::string& name, std::string_view text) {
    return add(name, net::DnsType::txt, net::txt_rdata(text));
  }
  /// `ip` of either family.
  ZoneResolver& address(const std::string& name, std::string_view ip) {
    const net::Address address(ip, 0);
    const bool ipv4 = address.family() == net::Address::Family::ipv4;
    return add(name, ipv4 ? net::DnsType::a : net::DnsType::aaaa, std::string(address.octets()));
  }
  ZoneResolver& mx(const std::string& name, std::uint16_t preference, const std::string& exchange) {
    return add(name, net::DnsType::mx, net::to_rdata(net::MxRecord{preference, exchange}));
  }
  ZoneResolver& ptr(const std::string& reverse_name, const std::string& name) {
    return add(reverse_name, net::DnsType::ptr, net::host_name_rdata(name));
  }
  ZoneResolver& cname(const std::string& name, const std::string& target) {
    return add(name, net::DnsType::cname, target);
  }
  /// A name that exists and has nothing.
  ZoneResolver& name(const std::string& name) {
    zone_[key(name)];
    return *this;
  }
  /// Whatever the table does not hold for that name is not answered in time.
  ZoneResolver& timeout(const std::string& name) {
    timeouts_.push_back(key(name));
    return *this;
  }

  std::vector<net::Address> addresses(const std::string& host, std::uint16_t port, net::Deadline deadline) override {
    std::vector<net::Address> found;
    for (const auto& address : a(host, deadline)) {
      found.push_back(address.with_port(port));
    }
    return found;
  }

  net::DnsAnswer<std::string> query(const std::string& name, net::DnsType type, net::Deadline) override {
    questions.push_back(std::string(net::to_string(type)) + ' ' + name);
    std::string at = key(name);
    for (int aliases = 0; aliases < 10; ++aliases) {
      const auto entry = zone_.find(at);
      net::DnsAnswer<std::string> answer;
      std::string alias;
      if (entry != zone_.end()) {
        for (const auto& [each, rdata] : entry->second) {
          if (each == type) {
            answer.records.push_back(rdata);
          } else if (each == net::DnsType::cname) {
            alias = rdata;
          }
        }
      }
      answer.dnssec = secure ? net::Dnssec::secure : net::Dnssec::insecure;
      if (!answer.empty()) {
        return answer;
      }
      for (const std::string& each : timeouts_) {
        if (each == at) {
          throw net::Error(net::Errc::timeout, "no answer in time");
        }
      }
      if (entry == zone_.end()) {
        throw net::Error(net::Errc::name_not_found, name + " does not exist", {.retryable = false});
      }
      if (alias.empty()) {
        return answer;
      }
      at = key(alias);
    }
    throw net::Error(net::Errc::name_not_found, "too many aliases", {.retryable = true});
  }

  std::vector<std::string> questions;  ///< "TXT example.org", in order.
  bool secure = false;                 ///< DNSSEC vouches for all of it.

 private:
  static std::string key(std::string_view name) {
    if (name.ends_with('.')) {
      name.remove_suffix(1);
    }
    return to_lower(name);
  }

  std::map<std::string, std::vector<std::pair<net::DnsType, std::string>>> zone_;
  std::vector<std::string> timeouts_;
};

}  // namespace posthouse::mailauth::testing
