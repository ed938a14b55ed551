#include "posthouse/smtp/wire/address_literal.h"

namespace posthouse::smtp {

std::string address_literal(const net::Address& address) {
  if (!address.is_ip()) {
    return {};
  }
  const std::string ip = address.ip();
  return (ip.find(':') == std::string::npos ? "[" : "[IPv6:") + ip.substr(0, ip.find('%')) + "]";
}

}  // namespace posthouse::smtp
