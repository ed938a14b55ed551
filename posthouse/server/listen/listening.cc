#include "posthouse/server/listen/listening.h"

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/server/error.h"

namespace posthouse::server {
namespace {

/// The first socket of a listener. "*" is both families where the system has both.
net::Listener bind_first(const ListenerConfig& config, bool reuse_port) {
  const bool every = config.host == "*";
  return net::listen(net::Address(every ? "::" : config.host, config.port),
                     {.reuse_port = reuse_port, .dual_stack = every});
}

[[noreturn]] void explain(const ListenerConfig& config, const net::Error& error) {
  std::string what = fmt::format(
      "cannot listen on {}: {}", to_string(config),
      error.errc() == net::Errc::address_in_use ? "the address is in use by another program" : error.what());
  if (error.errc() == net::Errc::permission && config.port < 1024) {
    what += fmt::format(
        ". Ports below 1024 need root or CAP_NET_BIND_SERVICE; others are chosen with --listen, e.g. --listen "
        "{}=127.0.0.1:{}",
        config.kind, config.port + 2500);
  }
  throw net::Error(error.errc(), what, error.system_errno());
}

}  // namespace

BoundListener bind_listener(const ListenerKind& kind, const ListenerConfig& config, unsigned loops) {
  BoundListener bound{.kind = &kind};
  try {
    if (loops == 1) {
      bound.sockets.push_back(bind_first(config, false));
      bound.address = bound.sockets.front().local_address();
      return bound;
    }
    // Sockets that share a port would share it with another process of the same user too, unnoticed: one that shares
    // it with nobody comes first.
    ListenerConfig fixed = config;
    if (config.port != 0) {
      bind_first(config, false).close();
    }
    for (unsigned loop = 0; loop < loops; ++loop) {
      bound.sockets.push_back(bind_first(fixed, true));
      bound.address = bound.sockets.back().local_address();
      fixed.port = bound.address.port();
    }
  } catch (const net::Error& error) {
    explain(config, error);
  }
  return bound;
}

BoundListener share_listener(const ListenerKind& kind, net::Listener listener, unsigned loops) {
  BoundListener bound{.kind = &kind, .address = listener.local_address()};
  for (unsigned loop = 1; loop < loops; ++loop) {
    bound.sockets.push_back(listener.duplicate());
  }
  bound.sockets.push_back(std::move(listener));
  return bound;
}

std::vector<ListenerConfig> activated_configs(const std::vector<net::ActivatedListener>& given,
                                              const ConfigSchema& schema) {
  std::vector<ListenerConfig> configs;
  for (const net::ActivatedListener& one : given) {
    const net::Address address = one.listener.local_address();
    const std::string which =
        fmt::format("the socket {} from systemd, named '{}'", address.to_string(), printable(one.name));
    if (schema.find_listener(one.name) == nullptr) {
      throw Error(Errc::activation, fmt::format("{}: FileDescriptorName= must say what it is for: {}", which,
                                                schema.listener_names(" or ")));
    }
    if (!address.is_ip()) {
      throw Error(Errc::activation, which + ": a TCP socket is wanted");
    }
    configs.push_back({.kind = one.name, .host = address.ip(), .port = address.port()});
  }
  return configs;
}

}  // namespace posthouse::server
