#include "posthouse/server/listening.h"

#include <cerrno>
#include <filesystem>

#include <unistd.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/certificate.h"
#include "posthouse/server/log.h"

namespace posthouse::server {
namespace {

constexpr int self_signed_days = 3650;

bool no_ipv6(const net::Error& error) {
  return error.system_errno() == EAFNOSUPPORT || error.system_errno() == EADDRNOTAVAIL;
}

/// The first socket of a listener. "*" is both families where the system has both.
net::Listener bind_first(const ListenerConfig& config, bool reuse_port) {
  if (config.host != "*") {
    return net::listen(net::Address(config.host, config.port), {.reuse_port = reuse_port, .dual_stack = false});
  }
  try {
    return net::listen(net::Address("::", config.port), {.reuse_port = reuse_port, .dual_stack = true});
  } catch (const net::Error& error) {
    if (!no_ipv6(error)) {
      throw;
    }
    return net::listen(net::Address("0.0.0.0", config.port), {.reuse_port = reuse_port});
  }
}

[[noreturn]] void explain(const ListenerConfig& config, const net::Error& error) {
  std::string what = "cannot listen on " + to_string(config) + ": ";
  what += error.errc() == net::Errc::address_in_use ? "the address is in use by another program" : error.what();
  if (error.errc() == net::Errc::permission && config.port < 1024) {
    what += ". Ports below 1024 need root or CAP_NET_BIND_SERVICE; others are chosen with --listen, e.g. --listen " +
            std::string(to_string(config.kind)) + "=127.0.0.1:" + std::to_string(config.port + 2500);
  }
  throw net::Error(error.errc(), what, error.system_errno());
}

}  // namespace

BoundListener bind_listener(const ListenerConfig& config, unsigned loops) {
  BoundListener bound{.kind = config.kind};
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

BoundListener share_listener(ListenerKind kind, net::Listener listener, unsigned loops) {
  BoundListener bound{.kind = kind, .address = listener.local_address()};
  for (unsigned loop = 1; loop < loops; ++loop) {
    bound.sockets.push_back(listener.duplicate());
  }
  bound.sockets.push_back(std::move(listener));
  return bound;
}

std::vector<ListenerConfig> activated_configs(const std::vector<net::ActivatedListener>& given) {
  std::vector<ListenerConfig> configs;
  for (const net::ActivatedListener& one : given) {
    const net::Address address = one.listener.local_address();
    const std::string which = "the socket " + address.to_string() + " from systemd, ";
    const auto kind = parse_kind(one.name);
    if (!kind) {
      throw ConfigError(which + "named '" + printable(one.name) +
                        "': FileDescriptorName= must say what it is for: smtp, submission, submissions, pop3 or pop3s");
    }
    if (!address.is_ip()) {
      throw ConfigError(which + "named '" + one.name + "': a TCP socket is wanted");
    }
    configs.push_back({.kind = *kind, .host = address.ip(), .port = address.port()});
  }
  return configs;
}

net::TlsContext server_tls(const Config& config) {
  if (!config.tls_cert.empty()) {
    return net::TlsContext::server(
        {.cert_file = config.tls_cert, .key_file = config.tls_key, .more_certificates = config.more_certificates});
  }
  const std::filesystem::path folder = std::filesystem::path(config.data) / "tls";
  const std::string cert = folder / "cert.pem";
  const std::string key = folder / "key.pem";
  if (!std::filesystem::exists(cert) || !std::filesystem::exists(key)) {
    std::filesystem::create_directories(folder);
    net::make_self_signed(cert, key, {config.hostname, "localhost", "127.0.0.1", "::1"}, self_signed_days);
    log().warn("no certificate is configured: made a self-signed one, {}", cert);
  }
  return net::TlsContext::server({.cert_file = cert, .key_file = key});
}

}  // namespace posthouse::server
