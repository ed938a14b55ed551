#include "posthouse/net/ip_network.h"

#include <fmt/format.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

bool bit(const std::array<char, 16>& octets, unsigned number) noexcept {
  return (static_cast<unsigned char>(octets[number / 8]) >> (7 - number % 8) & 1U) != 0;
}

}  // namespace

std::optional<IpNetwork> IpNetwork::try_parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Address> address = Address::try_ip(text.substr(0, slash), 0);
  if (!address || text.find('%') != std::string_view::npos || text.find('[') != std::string_view::npos) {
    return std::nullopt;
  }
  IpNetwork network;
  network.octets_ = address->ipv6_octets();
  network.ipv4_ = address->family() == Address::Family::ipv4;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const unsigned front = network.ipv4_ ? 96 : 0;
    const auto length = parse_number<unsigned>(digits);
    if (!length || *length > 128 - front) {
      return std::nullopt;
    }
    network.bits_ = front + *length;
  }
  for (unsigned i = network.bits_; i < 128; ++i) {
    if (bit(network.octets_, i)) {
      return std::nullopt;
    }
  }
  return network;
}

IpNetwork IpNetwork::parse(std::string_view text) {
  const std::optional<IpNetwork> network = try_parse(text);
  if (!network) {
    throw Error(Errc::invalid,
                fmt::format("not a network: \"{}\" (like 192.0.2.0/24 or 2001:db8::/32)", printable(text)), 0, true);
  }
  return *network;
}

bool IpNetwork::contains(const Address& address) const noexcept {
  if (!address.is_ip() || (!ipv4_ && bits_ < 96 && !address.ipv4_octets().empty())) {
    return false;
  }
  const std::array<char, 16> octets = address.ipv6_octets();
  for (unsigned i = 0; i < bits_; ++i) {
    if (bit(octets, i) != bit(octets_, i)) {
      return false;
    }
  }
  return true;
}

std::string IpNetwork::to_string() const {
  const std::string_view octets(octets_.data(), octets_.size());
  return fmt::format("{}/{}", Address::from_octets(ipv4_ ? octets.substr(12) : octets, 0).ip(), prefix_length());
}

}  // namespace posthouse::net
