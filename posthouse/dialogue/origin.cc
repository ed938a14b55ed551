#include "posthouse/dialogue/origin.h"

#include <string_view>

namespace posthouse::dialogue {

std::string origin_of(const net::Address& peer) {
  const std::string_view ipv4 = peer.ipv4_octets();
  return std::string(ipv4.empty() ? peer.octets().substr(0, 8) : ipv4);
}

}  // namespace posthouse::dialogue
