#pragma once
// Why a socket could not be put at an address or connected to one, in plain words. (Internal to the module.)
#include <string>

#include "posthouse/net/address.h"
#include "posthouse/net/error.h"

namespace posthouse::net::detail {

/// The Error for the errno `error` of bind(2) or listen(2) at `address`; `action` ("cannot listen on 0.0.0.0:25") goes
/// in front.
Error bind_error(int error, const std::string& action, const Address& address);

/// The same for connect(2).
Error connect_error(int error, const std::string& action, const Address& address);

/// True when `address` is [::], every address of both families, and `error`, of a socket for it, says that this machine has
/// no IPv6: then every address is 0.0.0.0.
bool means_ipv4_alone(const Address& address, const Error& error) noexcept;

}  // namespace posthouse::net::detail
