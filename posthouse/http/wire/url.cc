#include "posthouse/http/wire/url.h"

#include <algorithm>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include "posthouse/base/text.h"
#include "posthouse/http/error.h"

namespace posthouse::http {
namespace {

constexpr std::size_t url_limit = 8'000;

[[noreturn]] void refuse_url(std::string_view text, const char* why) {
  throw Error(Errc::url, "\"" + printable(text.substr(0, 200)) + "\" " + why);
}

bool is_name_of_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

std::string host_of(const boost::urls::url_view& url, std::string_view text) {
  switch (url.host_type()) {
    case boost::urls::host_type::ipv4:
    case boost::urls::host_type::ipv6:
      return std::string(url.host_address());
    case boost::urls::host_type::name:
      break;
    case boost::urls::host_type::none:
    case boost::urls::host_type::ipvfuture:
      refuse_url(text, "names no host");
  }
  const boost::core::string_view encoded = url.encoded_host();
  std::string host = to_lower(std::string_view(encoded.data(), encoded.size()));
  if (!is_name_of_host(host)) {
    refuse_url(text, "has a host that can be none");
  }
  return host;
}

Url take_apart(const boost::urls::url_view& view, std::string_view text) {
  Url url;
  if (view.scheme_id() != boost::urls::scheme::https && view.scheme_id() != boost::urls::scheme::http) {
    refuse_url(text, "is no URL of http or https");
  }
  if (view.has_userinfo()) {
    refuse_url(text.substr(0, text.find(':')), "is a URL with user information");
  }
  url.tls = view.scheme_id() == boost::urls::scheme::https;
  url.host = host_of(view, text);
  url.port = url.tls ? 443 : 80;
  url.authority = view.host_type() == boost::urls::host_type::ipv6 ? "[" + url.host + "]" : url.host;
  if (view.has_port() && !view.port().empty()) {
    url.port = view.port_number();
    if (url.port == 0) {
      refuse_url(text, "has a port that can be none");
    }
    if (url.port != (url.tls ? 443 : 80)) {
      url.authority += ":" + std::to_string(url.port);
    }
  }
  const boost::core::string_view target = view.encoded_target();
  url.target.assign(target.data(), target.size());
  if (!url.target.starts_with('/')) {
    url.target.insert(0, "/");
  }
  while (url.target.starts_with("/../")) {  // RFC 3986 section 5.2.4: nothing is above the root
    url.target.erase(0, 3);
  }
  return url;
}

}  // namespace

Url Url::parse(std::string_view text) {
  if (text.size() > url_limit) {
    refuse_url(text, "is too long for a URL");
  }
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!parsed) {
    refuse_url(text, "is no URL");
  }
  return take_apart(*parsed, text);
}

Url Url::resolve(std::string_view reference) const {
  if (reference.size() > url_limit) {
    refuse_url(reference, "is too long for a URL");
  }
  const auto parsed = boost::urls::parse_uri_reference(boost::core::string_view(reference.data(), reference.size()));
  const std::string own = to_string();
  const auto base = boost::urls::parse_uri(own);
  boost::urls::url resolved;
  if (!parsed || !base || !boost::urls::resolve(*base, *parsed, resolved)) {
    refuse_url(reference, "is no URL");
  }
  return parse(std::string_view(resolved.buffer().data(), resolved.buffer().size()));
}

}  // namespace posthouse::http
