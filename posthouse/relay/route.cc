#include "posthouse/relay/route.h"

#include <algorithm>

#include <fmt/format.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/mail/domain.h"
#include "posthouse/net/address.h"
#include "posthouse/relay/error.h"

namespace posthouse::relay {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw Error(Errc::route,
              fmt::format("'{}' is not a host: HOST, HOST:PORT, 1.2.3.4:PORT, [IPV6]:PORT or unix:/PATH is wanted",
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

// A sender's local part is compared without case: operators write routes by hand.
std::string sender_key(std::string_view sender) {
  const std::size_t at = sender.rfind('@');
  if (at == std::string_view::npos) {
    return to_lower(sender);
  }
  return to_lower(sender.substr(0, at)) + "@" + key_of(sender.substr(at + 1));
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

void Routes::set_sender(std::string_view sender, Route route) {
  senders_.insert_or_assign(sender_key(sender), std::move(route));
}

const Route* Routes::of(std::string_view domain_key) const {
  const auto found = routes_.find(domain_key);
  return found == routes_.end() ? nullptr : &found->second;
}

const Route* Routes::find(std::string_view domain) const {
  return find(domain, {});
}

const Route* Routes::find(std::string_view domain, std::string_view sender) const {
  if (!routes_.empty()) {
    if (const Route* own = of(key_of(domain))) {
      return own;
    }
  }
  if (!senders_.empty() && !sender.empty()) {
    const std::string key = sender_key(sender);
    auto found = senders_.find(key);
    if (found == senders_.end()) {
      found = senders_.find(std::string_view(key).substr(std::min(key.rfind('@'), key.size())));
    }
    if (found != senders_.end()) {
      return &found->second;
    }
  }
  return of("*");
}

Route parse_route_target(std::string_view text) {
  Route route;
  std::string_view rest = text;
  if (rest.starts_with("unix:")) {
    const auto address = net::Address::try_parse(rest);
    if (!address || !rest.substr(5).starts_with('/')) {
      refuse(text);
    }
    route.host = text;
    route.port = 0;
    return route;
  }
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
