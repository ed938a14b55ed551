#include "posthouse/server/listen/proxies.h"

#include <algorithm>

#include "posthouse/net/error.h"
#include "posthouse/net/listen/proxy_header.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/config/network_value.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {

using namespace std::chrono_literals;

Setting proxy_setting() {
  return {"", "proxy", [](Config& config, const Value& table) {
            ProxySettings& settings = config.services.of<ProxySettings>();
            table.table({{"from", [&](const Value& v) { settings.from = read_networks(v); }},
                         {"timeout", [&](const Value& v) { settings.timeout = v.duration(100ms, 1min); }}});
          }};
}

bool hear_proxy(const ProxySettings& settings, net::Stream& stream, std::string_view protocol) {
  const net::Address proxy = stream.peer_address();
  if (std::none_of(settings.from.begin(), settings.from.end(), [&](const auto& one) { return one.contains(proxy); })) {
    return true;
  }
  try {
    net::receive_proxy_header(stream, net::Deadline(settings.timeout));
  } catch (const net::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    log_bounded(spdlog::level::warn, "proxy refused", "peer={} protocol={} error={}", proxy.to_string(), protocol,
                shown(error.what()));
    return false;
  }
  log().debug("handed on peer={} proxy={} protocol={}", stream.peer_address().to_string(), proxy.to_string(), protocol);
  return true;
}

}  // namespace posthouse::server
