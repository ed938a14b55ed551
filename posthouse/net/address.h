#pragma once
// Where a socket is: an IP address with a port, or a path.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::net {

/// An IPv4 or IPv6 address with its port, or the path of a Unix socket. A value; holds no heap memory for IP.
///
///     auto address = Address::parse("[::1]:2525");
///     address.ip();         // "::1"
///     address.port();       // 2525
///     address.to_string();  // "[::1]:2525"
class Address {
 public:
  enum class Family : std::uint8_t {
    none,       ///< No address at all.
    ipv4,       ///< RFC 791.
    ipv6,       ///< RFC 4291, also IPv4-mapped ones.
    unix_path,  ///< A Unix socket, of the file system or abstract (unix(7)).
  };

  /// No address at all: to_string() is "-".
  Address() = default;
  /// `ip` is a literal IPv4 or IPv6 address, IPv6 with or without brackets and %zone. Throws Error (Errc::invalid).
  Address(std::string_view ip, std::uint16_t port);

  /// Reads "127.0.0.1:25", "[::1]:25", "[fe80::1%eth0]:25", "*:25" (all addresses: [::]:25) or "unix:/path".
  /// Throws Error (Errc::invalid).
  static Address parse(std::string_view text);
  /// Like parse, but nothing instead of an exception.
  static std::optional<Address> try_parse(std::string_view text);
  /// The address of a literal IP without a port, nothing if `ip` is none.
  static std::optional<Address> try_ip(std::string_view ip, std::uint16_t port);
  /// The IP address of 4 or 16 octets in network order. Throws Error (Errc::invalid) for any other number of them.
  static Address from_octets(std::string_view octets, std::uint16_t port);
  /// The Unix socket at `path`; a leading '@' means Linux's abstract name space. At most 107 octets.
  static Address unix_path(std::string_view path);

  Family family() const noexcept { return family_; }
  bool is_ip() const noexcept { return family_ == Family::ipv4 || family_ == Family::ipv6; }
  /// The address without port and brackets; the path of a Unix socket; "" for none. IPv4 that came in over IPv6
  /// (mapped, RFC 4291 section 2.5.5.2) is shown as IPv4.
  std::string ip() const;
  /// 0 for anything but IP.
  std::uint16_t port() const noexcept { return port_; }
  /// The same address with another port; other families stay what they are.
  Address with_port(std::uint16_t port) const;
  /// True for 127.0.0.0/8, ::1, IPv4-mapped loopback and Unix sockets.
  bool is_loopback() const noexcept;
  /// True for 0.0.0.0 and ::.
  bool is_any() const noexcept;
  /// The 4 or 16 octets of the IP address in network order; empty for other families.
  std::string_view octets() const noexcept;
  /// The 4 octets of an IPv4 address, also of one that came in over IPv6 (mapped); empty for all others. Two addresses
  /// of one IPv4 host have the same, however they came in.
  std::string_view ipv4_octets() const noexcept;
  /// The 16 octets of the IP address as an IPv6 socket has it: IPv4 mapped. Zeros for other families.
  std::array<char, 16> ipv6_octets() const noexcept;
  /// What parse() reads.
  std::string to_string() const;

  bool operator==(const Address&) const = default;
  std::strong_ordering operator<=>(const Address&) const = default;

  /// For the sources of this module: to and from the system's structure (a sockaddr of at most 128 octets).
  static Address from_sockaddr(const void* sockaddr, std::size_t size);
  /// Fills 128 octets at `sockaddr`, returns how many count.
  std::size_t to_sockaddr(void* sockaddr) const;

 private:
  Family family_ = Family::none;
  std::uint16_t port_ = 0;
  std::uint32_t zone_ = 0;
  std::array<char, 16> octets_{};
  std::string path_;
};

}  // namespace posthouse::net
