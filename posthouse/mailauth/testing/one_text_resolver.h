#pragma once
// For fuzz targets and benchmarks: a resolver that has the same text everywhere. (No test program: no GoogleTest.)
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth::testing {

/// Has one TXT record under every name, and counts what it is asked. What else there is, a derived class says.
class OneTextResolver : public net::Resolver {
 public:
  explicit OneTextResolver(std::string text) : text_(std::move(text)) {}

  std::vector<net::Address> addresses(const std::string&, std::uint16_t, net::Deadline) override { return {}; }
  net::DnsAnswer<std::string> query(const std::string&, net::DnsType type, net::Deadline) override {
    ++questions;
    net::DnsAnswer<std::string> answer;
    if (type == net::DnsType::txt) {
      answer.records.push_back(net::txt_rdata(text_));
    }
    return answer;
  }

  std::size_t questions = 0;

 protected:
  std::string text_;
};

}  // namespace posthouse::mailauth::testing
