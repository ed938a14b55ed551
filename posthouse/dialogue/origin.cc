#include "posthouse/dialogue/origin.h"

#include <string_view>

namespace posthouse::dialogue {

std::string origin_of(const net::Address& peer) {
  constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);  // IPv4 on a socket for both
  const std::string_view octets = peer.octets();
  if (octets.starts_with(mapped)) {
    return std::string(octets.substr(mapped.size()));
  }
  return std::string(octets.size() == 16 ? octets.substr(0, 8) : octets);
}

}  // namespace posthouse::dialogue
