#pragma once
// What the tests of DKIM and ARC share.
#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// Answers TXT from a table; a name that is not in it does not exist. Names in lower case.
class KeyResolver final : public net::Resolver {
 public:
  std::map<std::string, std::vector<std::string>> texts{};
  std::vector<std::string> silent{};  // names whose DNS does not answer
  std::vector<std::string> asked{};   // in order
  bool secure = false;

  KeyResolver() = default;
  explicit KeyResolver(std::map<std::string, std::vector<std::string>> the_texts) : texts(std::move(the_texts)) {}

  std::vector<net::Address> addresses(const std::string& host, std::uint16_t, net::Deadline) override {
    throw net::Error(net::Errc::name_not_found, host + " does not exist", {.retryable = false});
  }
  net::DnsAnswer<std::string> query(const std::string& name, net::DnsType type, net::Deadline) override {
    const std::string lower = to_lower(name);
    asked.push_back(lower);
    if (std::find(silent.begin(), silent.end(), lower) != silent.end()) {
      throw net::Error(net::Errc::timeout, "no answer for " + name, {.retryable = true});
    }
    const auto found = texts.find(lower);
    if (found == texts.end() || type != net::DnsType::txt) {
      throw net::Error(net::Errc::name_not_found, name + " does not exist", {.retryable = false});
    }
    net::DnsAnswer<std::string> answer;
    for (const std::string& text : found->second) {
      answer.records.push_back(net::txt_rdata(text));
    }
    answer.dnssec = secure ? net::Dnssec::secure : net::Dnssec::insecure;
    return answer;
  }
};

/// How GoogleTest shows it.
inline void PrintTo(Verdict verdict, std::ostream* out) {
  *out << to_string(verdict);
}

/// `text` with CRLF at the end of its lines, which are LF.
inline std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '\n' ? "\r\n" : std::string(1, c);
  }
  return out;
}

/// Feeds `message` in pieces of `size` octets.
template <class Consumer>
void feed(Consumer& consumer, std::string_view message, std::size_t size = 1'000'000) {
  for (std::size_t at = 0; at < message.size(); at += size) {
    consumer.add(message.substr(at, size));
  }
}

}  // namespace posthouse::mailauth
