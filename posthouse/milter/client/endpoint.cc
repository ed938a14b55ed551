#include "posthouse/milter/client/endpoint.h"

#include <utility>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/milter/error.h"

namespace posthouse::milter {
namespace {

[[noreturn]] void no_endpoint(std::string_view text) {
  throw Error(Errc::endpoint,
              "a filter listens at inet:PORT@HOST, inet6:PORT@HOST or unix:/PATH, not at " + printable(text));
}

/// PORT, PORT@HOST, HOST:PORT or [HOST]:PORT.
std::pair<std::string_view, std::string_view> host_and_port(std::string_view text) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    return {text.substr(at + 1), text.substr(0, at)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return {"localhost", text};
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

Endpoint Endpoint::parse(std::string_view text) {
  Endpoint endpoint;
  const std::size_t colon = text.starts_with('/') ? std::string_view::npos : text.find(':');
  const std::string kind = colon == std::string_view::npos ? "unix" : to_lower(text.substr(0, colon));
  const std::string_view rest = colon == std::string_view::npos ? text : text.substr(colon + 1);
  if (kind == "unix" || kind == "local") {
    constexpr std::size_t longest = 107;  // unix(7)
    if (!rest.starts_with('/') || rest.size() > longest || rest.find('\0') != std::string_view::npos) {
      no_endpoint(text);
    }
    endpoint.path = rest;
    return endpoint;
  }
  if (kind != "inet" && kind != "inet6") {
    no_endpoint(text);
  }
  auto [host, port] = host_and_port(rest);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  const auto number = parse_number<std::uint16_t>(port);
  if (host.empty() || !number || *number == 0) {
    no_endpoint(text);
  }
  endpoint.host = host;
  endpoint.port = *number;
  endpoint.ipv6_only = kind == "inet6";
  return endpoint;
}

std::string Endpoint::to_string() const {
  if (!path.empty()) {
    return "unix:" + path;
  }
  return (ipv6_only ? "inet6:" : "inet:") + std::to_string(port) + '@' + host;
}

net::Stream connect(const Endpoint& endpoint, net::Deadline deadline) {
  if (!endpoint.path.empty()) {
    return net::connect(net::Address::unix_path(endpoint.path), deadline);
  }
  net::ConnectOptions options;
  if (endpoint.ipv6_only) {
    options.source = net::Address("::", 0);
  }
  return net::connect(endpoint.host, endpoint.port, deadline, options);
}

}  // namespace posthouse::milter
