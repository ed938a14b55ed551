#include "posthouse/net/address.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/net/error.h"

namespace posthouse::net {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  return parse_number<std::uint16_t>(text);
}

// Of IPv4-mapped addresses: RFC 4291 section 2.5.5.2.
constexpr std::string_view mapped_prefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

}  // namespace

std::optional<Address> Address::try_ip(std::string_view ip, std::uint16_t port) {
  if (ip.size() >= 2 && ip.front() == '[' && ip.back() == ']') {
    ip = ip.substr(1, ip.size() - 2);
  }
  Address address;
  address.port_ = port;
  std::string_view zone;
  if (const auto percent = ip.find('%'); percent != std::string_view::npos) {
    zone = ip.substr(percent + 1);
    ip = ip.substr(0, percent);
    if (zone.empty()) {
      return std::nullopt;
    }
  }
  const std::string text(ip);
  if (text.size() != std::strlen(text.c_str())) {
    return std::nullopt;
  }
  if (inet_pton(AF_INET, text.c_str(), address.octets_.data()) == 1) {
    if (!zone.empty()) {
      return std::nullopt;
    }
    address.family_ = Family::ipv4;
    return address;
  }
  if (inet_pton(AF_INET6, text.c_str(), address.octets_.data()) != 1) {
    return std::nullopt;
  }
  address.family_ = Family::ipv6;
  if (!zone.empty()) {
    if (const auto number = parse_number<decltype(address.zone_)>(zone)) {
      address.zone_ = *number;
    } else if ((address.zone_ = if_nametoindex(std::string(zone).c_str())) == 0) {
      return std::nullopt;
    }
  }
  return address;
}

Address::Address(std::string_view ip, std::uint16_t port) {
  auto address = try_ip(ip, port);
  if (!address) {
    throw Error(Errc::invalid, "not an IP address: " + printable(ip), 0, true);
  }
  *this = *std::move(address);
}

std::optional<Address> Address::try_parse(std::string_view text) {
  if (text.starts_with("unix:")) {
    text.remove_prefix(5);
    if (text.empty() || text.size() > sizeof(sockaddr_un::sun_path) - 1) {
      return std::nullopt;
    }
    Address address;
    address.family_ = Family::unix_path;
    address.path_ = text;
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view ip = text.substr(0, colon);
  if (!port) {
    return std::nullopt;
  }
  if (ip == "*") {
    ip = "[::]";
  }
  // An IPv6 address needs its brackets: in "::1:25" nobody can tell the port.
  if (ip.find(':') != std::string_view::npos && ip.front() != '[') {
    return std::nullopt;
  }
  return try_ip(ip, *port);
}

Address Address::parse(std::string_view text) {
  auto address = try_parse(text);
  if (!address) {
    throw Error(
        Errc::invalid,
        fmt::format("not an address: \"{}\" (like 127.0.0.1:25, [::1]:25, *:25 or unix:/path)", printable(text)), 0,
        true);
  }
  return *std::move(address);
}

Address Address::unix_path(std::string_view path) {
  return parse("unix:" + std::string(path));
}

Address Address::from_octets(std::string_view octets, std::uint16_t port) {
  Address address;
  if (octets.size() != 4 && octets.size() != 16) {
    throw Error(Errc::invalid, "an IP address has 4 or 16 octets", 0, true);
  }
  address.family_ = octets.size() == 4 ? Family::ipv4 : Family::ipv6;
  address.port_ = port;
  std::memcpy(address.octets_.data(), octets.data(), octets.size());
  return address;
}

Address Address::with_port(std::uint16_t port) const {
  Address other = *this;
  other.port_ = port;
  return other;
}

std::string_view Address::octets() const noexcept {
  switch (family_) {
    case Family::ipv4:
      return {octets_.data(), 4};
    case Family::ipv6:
      return {octets_.data(), 16};
    default:
      return {};
  }
}

std::string_view Address::ipv4_octets() const noexcept {
  const std::string_view all = octets();
  if (all.size() == 16) {
    return all.starts_with(mapped_prefix) ? all.substr(mapped_prefix.size()) : std::string_view();
  }
  return all;
}

std::array<char, 16> Address::ipv6_octets() const noexcept {
  if (family_ != Family::ipv4) {
    return octets_;
  }
  std::array<char, 16> mapped;
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), mapped.begin());
  std::copy_n(octets_.begin(), 4, mapped.begin() + mapped_prefix.size());
  return mapped;
}

namespace {

// As inet_ntop does, which goes through printf: an address is part of each error and log line.
std::string dotted(std::string_view octets) {
  std::array<char, INET_ADDRSTRLEN> text;
  char* end = text.data();
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) {
      *end++ = '.';
    }
    end = std::to_chars(end, text.data() + text.size(), static_cast<unsigned char>(octets[i])).ptr;
  }
  return {text.data(), end};
}

}  // namespace

std::string Address::ip() const {
  char text[INET6_ADDRSTRLEN];
  if (!is_ip()) {
    return path_;
  }
  if (const std::string_view ipv4 = ipv4_octets(); !ipv4.empty()) {
    return dotted(ipv4);
  }
  std::string result = inet_ntop(AF_INET6, octets_.data(), text, sizeof text);
  if (zone_ != 0) {
    char name[IF_NAMESIZE];
    result += '%';
    result += if_indextoname(zone_, name) != nullptr ? std::string(name) : std::to_string(zone_);
  }
  return result;
}

bool Address::is_loopback() const noexcept {
  if (!is_ip()) {
    return family_ == Family::unix_path;
  }
  if (const std::string_view ipv4 = ipv4_octets(); !ipv4.empty()) {
    return ipv4.front() == 127;
  }
  return std::memcmp(octets_.data(), &in6addr_loopback, 16) == 0;
}

bool Address::is_any() const noexcept {
  return is_ip() && octets().find_first_not_of('\0') == std::string_view::npos;
}

std::string Address::to_string() const {
  switch (family_) {
    case Family::none:
      return "-";
    case Family::unix_path:
      return "unix:" + path_;
    default:
      break;
  }
  const bool ipv4 = !ipv4_octets().empty();
  return (ipv4 ? "" : "[") + ip() + (ipv4 ? ":" : "]:") + std::to_string(port_);
}

Address Address::from_sockaddr(const void* sockaddr, std::size_t size) {
  Address address;
  sa_family_t family = AF_UNSPEC;
  if (size >= sizeof family) {
    std::memcpy(&family, sockaddr, sizeof family);
  }
  if (family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, sockaddr, sizeof in);
    address.family_ = Family::ipv4;
    address.port_ = ntohs(in.sin_port);
    std::memcpy(address.octets_.data(), &in.sin_addr, 4);
  } else if (family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, sockaddr, sizeof in);
    address.family_ = Family::ipv6;
    address.port_ = ntohs(in.sin6_port);
    address.zone_ = in.sin6_scope_id;
    std::memcpy(address.octets_.data(), &in.sin6_addr, 16);
  } else if (family == AF_UNIX) {
    sockaddr_un un{};
    std::memcpy(&un, sockaddr, size = std::min(size, sizeof un));
    address.family_ = Family::unix_path;
    if (size <= offsetof(sockaddr_un, sun_path)) {
      return address;
    }
    const std::size_t length = size - offsetof(sockaddr_un, sun_path);
    if (un.sun_path[0] == '\0') {
      address.path_.assign("@").append(un.sun_path + 1, length - 1);
    } else {
      address.path_.assign(un.sun_path, strnlen(un.sun_path, length));
    }
  }
  return address;
}

std::size_t Address::to_sockaddr(void* sockaddr) const {
  sockaddr_storage storage{};
  std::size_t size = 0;
  if (family_ == Family::ipv4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port_);
    std::memcpy(&in.sin_addr, octets_.data(), 4);
    std::memcpy(&storage, &in, size = sizeof in);
  } else if (family_ == Family::ipv6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port_);
    in.sin6_scope_id = zone_;
    std::memcpy(&in.sin6_addr, octets_.data(), 16);
    std::memcpy(&storage, &in, size = sizeof in);
  } else if (family_ == Family::unix_path) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path_.data(), path_.size());
    const bool abstract = path_.starts_with('@');
    if (abstract) {
      un.sun_path[0] = '\0';
    }
    size = offsetof(sockaddr_un, sun_path) + path_.size() + (abstract ? 0 : 1);
    std::memcpy(&storage, &un, sizeof un);
  } else {
    throw Error(Errc::invalid, "no address given", 0, true);
  }
  std::memcpy(sockaddr, &storage, sizeof storage);
  return size;
}

}  // namespace posthouse::net
