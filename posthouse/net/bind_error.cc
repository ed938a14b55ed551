#include "posthouse/net/bind_error.h"

#include <cerrno>

namespace posthouse::net::detail {

Error bind_error(int error, const std::string& action, const Address& address) {
  if ((error == EACCES || error == EPERM) && address.is_ip() && address.port() < 1024) {
    return {Errc::permission,
            action + ": permission denied (ports below 1024 need root or the capability CAP_NET_BIND_SERVICE)", error};
  }
  if (error == EADDRINUSE) return {Errc::address_in_use, action + ": address already in use", error};
  if (error == EADDRNOTAVAIL) {
    return {Errc::invalid, action + ": this machine does not have that address", error};
  }
  return Error::from_errno(error, action);
}

}  // namespace posthouse::net::detail
