#pragma once
// One question to the DNS, with an answer that says why there is none. (Internal to the module.)
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// What a question came to.
struct Lookup {
  enum class Status : std::uint8_t {
    found,    ///< There are records.
    no_data,  ///< The name exists, but has no record of that type (NODATA).
    no_name,  ///< There is no such name (NXDOMAIN), or it cannot be one.
    failed    ///< Nobody could say: no server answered in time, or its answer does not hold (DNSSEC).
  };
  Status status = Status::no_name;
  std::vector<std::string> records{};  ///< RDATA of the records, for the parsers of dns_record.h.
  std::string why{};                   ///< For people, where there are none.

  bool found() const noexcept { return status == Status::found; }
  bool failed() const noexcept { return status == Status::failed; }
};

/// Asks; everything but cancellation comes back as a status. A name that is_dns_name() refuses is not asked for.
Lookup look_up(net::Resolver& resolver, const std::string& name, net::DnsType type, net::Deadline deadline);
/// The same for TXT: `records` are the texts, each with its strings put together.
Lookup look_up_texts(net::Resolver& resolver, const std::string& name, net::Deadline deadline);
/// The addresses of `name`: those of IPv6 when `ipv6`, else those of IPv4. `status` as in look_up().
std::vector<net::Address> look_up_addresses(net::Resolver& resolver, const std::string& name, bool ipv6,
                                            net::Deadline deadline, Lookup& lookup);

}  // namespace posthouse::mailauth
