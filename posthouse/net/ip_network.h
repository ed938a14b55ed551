#pragma once
// A range of IP addresses.
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/net/address.h"

namespace posthouse::net {

/// The addresses that begin with the same bits (CIDR, RFC 4632; RFC 4291 section 2.3). A value.
///
///     net::IpNetwork::parse("192.0.2.0/24").contains(peer)
class IpNetwork {
 public:
  /// Reads "192.0.2.0/24", "2001:db8::/32", or an address for it alone. Bits behind the prefix must be 0. Throws Error
  /// (Errc::invalid).
  static IpNetwork parse(std::string_view text);
  /// Like parse, but nothing instead of an exception.
  static std::optional<IpNetwork> try_parse(std::string_view text);

  /// True when the address, whose port does not count, is in it. IPv4 that came in over IPv6 (mapped) is IPv4.
  bool contains(const Address& address) const noexcept;
  /// How many bits its addresses have in common: 0 to 32 for IPv4, 0 to 128 for IPv6.
  unsigned prefix_length() const noexcept { return ipv4_ ? bits_ - 96 : bits_; }
  /// What parse() reads.
  std::string to_string() const;

  bool operator==(const IpNetwork&) const = default;

 private:
  IpNetwork() = default;
  std::array<char, 16> octets_{};  // IPv4 as mapped
  unsigned bits_ = 128;            // of octets_
  bool ipv4_ = false;
};

}  // namespace posthouse::net
