#include "posthouse/net/socket/bind_error.h"

#include <cerrno>

#include <fmt/format.h>

namespace posthouse::net::detail {

namespace {

// fe80::/10 (RFC 4291 section 2.5.6) is on every interface, so one must be named (RFC 4007 section 11).
bool lacks_zone(int error, const Address& address) {
  const std::string_view octets = address.octets();
  return error == EINVAL && octets.size() == 16 && octets.starts_with('\xfe') && (octets[1] & '\xc0') == '\x80' &&
         address.ip().find('%') == std::string::npos;
}

Error zone_error(const std::string& action, const Address& address) {
  return {Errc::invalid,
          fmt::format("{}: a link-local address needs its interface, as in {}%eth0", action, address.ip()), EINVAL};
}

}  // namespace

Error bind_error(int error, const std::string& action, const Address& address) {
  if ((error == EACCES || error == EPERM) && address.is_ip() && address.port() < 1024) {
    return {Errc::permission,
            action + ": permission denied (ports below 1024 need root or the capability CAP_NET_BIND_SERVICE)", error};
  }
  if (error == EADDRINUSE) {
    return {Errc::address_in_use, action + ": address already in use", error};
  }
  if (error == EADDRNOTAVAIL) {
    return {Errc::invalid, action + ": this machine does not have that address", error};
  }
  if (lacks_zone(error, address)) {
    return zone_error(action, address);
  }
  return Error::from_errno(error, action);
}

bool means_ipv4_alone(const Address& address, const Error& error) noexcept {
  const int code = error.system_errno();
  return address.family() == Address::Family::ipv6 && address.is_any() &&
         (code == EAFNOSUPPORT || code == EADDRNOTAVAIL);
}

Error connect_error(int error, const std::string& action, const Address& address) {
  if (lacks_zone(error, address)) {
    return zone_error(action, address);
  }
  return Error::from_errno(error, action);
}

}  // namespace posthouse::net::detail
