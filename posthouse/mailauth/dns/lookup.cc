#include "posthouse/mailauth/dns/lookup.h"

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/name.h"
#include "posthouse/net/error.h"

namespace posthouse::mailauth {

Lookup look_up(net::Resolver& resolver, const std::string& name, net::DnsType type, net::Deadline deadline) {
  if (!is_dns_name(name)) {
    return {Lookup::Status::no_name, {}, fmt::format("\"{}\" can be no name of the DNS", printable(name))};
  }
  try {
    net::DnsAnswer<std::string> answer = resolver.query(name, type, deadline);
    if (answer.empty()) {
      return {Lookup::Status::no_data, {}, fmt::format("{} has no {} record", name, net::to_string(type))};
    }
    return {Lookup::Status::found, std::move(answer.records), {}};
  } catch (const net::Error& error) {
    if (error.errc() == net::Errc::canceled) {
      throw;
    }
    if (error.errc() == net::Errc::name_not_found && !error.retryable()) {
      return {Lookup::Status::no_name, {}, fmt::format("there is no name {}", name)};
    }
    return {Lookup::Status::failed,
            {},
            fmt::format("asking for the {} records of {} failed: {}", net::to_string(type), name, error.what())};
  }
}

Lookup look_up_texts(net::Resolver& resolver, const std::string& name, net::Deadline deadline) {
  Lookup lookup = look_up(resolver, name, net::DnsType::txt, deadline);
  std::vector<std::string> texts;
  for (const std::string& rdata : lookup.records) {
    if (auto text = net::parse_txt(rdata)) {
      texts.push_back(std::move(*text));
    }
  }
  lookup.records = std::move(texts);
  if (lookup.found() && lookup.records.empty()) {
    lookup.status = Lookup::Status::no_data;
    lookup.why = fmt::format("no TXT record of {} can be read", name);
  }
  return lookup;
}

std::vector<net::Address> look_up_addresses(net::Resolver& resolver, const std::string& name, bool ipv6,
                                            net::Deadline deadline, Lookup& lookup) {
  lookup = look_up(resolver, name, ipv6 ? net::DnsType::aaaa : net::DnsType::a, deadline);
  std::vector<net::Address> addresses;
  for (const std::string& rdata : lookup.records) {
    if (auto address = ipv6 ? net::parse_aaaa(rdata) : net::parse_a(rdata)) {
      addresses.push_back(std::move(*address));
    }
  }
  return addresses;
}

}  // namespace posthouse::mailauth
