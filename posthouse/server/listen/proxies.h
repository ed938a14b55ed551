#pragma once
// Proxies in front of this server, which say for whom they connect (PROXY protocol). Private to this module.
#include <chrono>
#include <string_view>
#include <vector>

#include "posthouse/net/ip_network.h"
#include "posthouse/net/stream/stream.h"
#include "posthouse/server/config/schema.h"

namespace posthouse::server {

/// What [proxy] says.
struct ProxySettings {
  /// Every connection from here must begin with a header, which is believed; no other one is asked for one.
  std::vector<net::IpNetwork> from{};
  std::chrono::milliseconds timeout = std::chrono::seconds(5);  ///< For the header to come.
};

/// The table [proxy] of the configuration.
Setting proxy_setting();

/// Reads the header where `stream` comes from a proxy; from then on its peer_address() is the client's. To be called
/// before anything is read or written. False, with a line in the log at a bounded rate, when the header did not come as
/// it should: the connection is to be closed. `protocol` is the name of the listener's kind. Throws net::Error
/// (Errc::canceled) alone.
bool hear_proxy(const ProxySettings& settings, net::Stream& stream, std::string_view protocol);

}  // namespace posthouse::server
