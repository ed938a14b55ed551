// Any octets are the data of a DNS record, or a host name. What is taken for one is what it seems to be, and is the
// same when it has been written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "posthouse/base/text.h"
#include "posthouse/net/dns/dns_record.h"
#include "posthouse/net/error.h"
#include "posthouse/net/host_name.h"

namespace {

using namespace posthouse;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void require_host(std::string_view name) {
  require(!name.empty() && name.size() <= 253 && (name == "." || !name.ends_with('.')));
  for (const char c : name) {
    require(is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.');
  }
}

void read_names(std::string_view octets) {
  if (const auto name = net::parse_host_name(octets)) {
    require_host(*name);
    require(net::parse_host_name(net::host_name_rdata(*name)) == name);
  }
  if (const auto mx = net::parse_mx(octets)) {
    require_host(mx->exchange);
    require(net::parse_mx(net::to_rdata(*mx)) == mx);
  }
  if (const auto srv = net::parse_srv(octets)) {
    require_host(srv->target);
    require(net::parse_srv(net::to_rdata(*srv)) == srv);
  }
}

void read_data(std::string_view octets) {
  if (const auto text = net::parse_txt(octets)) {
    require(text->size() < octets.size());
    require(net::parse_txt(net::txt_rdata(*text)) == text);
  }
  if (const auto tlsa = net::parse_tlsa(octets)) {
    require(net::to_rdata(*tlsa) == octets);
  }
  for (const auto& address : {net::parse_a(octets), net::parse_aaaa(octets)}) {
    if (!address) {
      continue;
    }
    require(address->octets() == octets);
    require(net::reverse_name(*address).ends_with(".arpa"));
  }
}

void read_host(std::string_view octets) {
  try {
    const auto name = net::to_ascii_host(octets);
    require(is_ascii(name));
    require(net::to_ascii_host(name) == name);
  } catch (const net::Error& error) {
    require(error.errc() == net::Errc::name_not_found && !error.retryable());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  read_names(octets);
  read_data(octets);
  read_host(octets);
  return 0;
}
