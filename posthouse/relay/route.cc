#include "posthouse/relay/route.h"

#include <fmt/format.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/mail/domain.h"
#include "posthouse/relay/error.h"

namespace posthouse::relay {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw Error(Errc::route, fmt::format("'{}' is not a host: HOST, HOST:PORT, 1.2.3.4:PORT or [IPV6]:PORT is wanted",
                                       printable(text)));
}

std::uint16_t port_of(std::string_view digits, std::string_view whole) {
  const auto port = parse_number<std::uint16_t>(digits);
  if (!port || *port == 0) {
    refuse(whole);
  }
  return *port;
}

// What a domain is compared by; "*" and what is no domain stay what they are.
std::string key_of(std::string_view domain) {
  const auto value = mail::Domain::parse(domain);
  return value ? value->ascii() : to_lower(domain);
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 255) {
    return false;
  }
  for (const char c : host) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '@' || c == '/' || c == '[' || c == ']') {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string_view to_string(RouteTls tls) noexcept {
  switch (tls) {
    case RouteTls::none:
      return "none";
    case RouteTls::opportunistic:
      return "opportunistic";
    case RouteTls::starttls:
      return "starttls";
    case RouteTls::implicit:
      return "implicit";
  }
  return "?";
}

void Routes::set(std::string_view domain, Route route) {
  routes_.insert_or_assign(key_of(domain), std::move(route));
}

const Route* Routes::find(std::string_view domain) const {
  if (routes_.empty()) {
    return nullptr;
  }
  auto found = routes_.find(key_of(domain));
  if (found == routes_.end()) {
    found = routes_.find("*");
  }
  return found == routes_.end() ? nullptr : &found->second;
}

Route parse_route_target(std::string_view text) {
  Route route;
  std::string_view rest = text;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) {
      refuse(text);
    }
    route.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty()) {
      if (!rest.starts_with(':')) {
        refuse(text);
      }
      route.port = port_of(rest.substr(1), text);
    }
  } else {
    const std::size_t colon = rest.find(':');
    if (colon != std::string_view::npos && rest.find(':', colon + 1) != std::string_view::npos) {
      route.host = rest;  // a bare IPv6 literal
    } else {
      route.host = rest.substr(0, colon);
      if (colon != std::string_view::npos) {
        route.port = port_of(rest.substr(colon + 1), text);
      }
    }
  }
  if (!is_host(route.host)) {
    refuse(text);
  }
  return route;
}

}  // namespace posthouse::relay
