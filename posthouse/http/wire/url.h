#pragma once
// Where a request goes (RFC 3986, RFC 9110 section 4.2).
#include <cstdint>
#include <string>
#include <string_view>

namespace posthouse::http {

/// A URL of http or https, taken apart. Without user information; the fragment is dropped.
struct Url {
  bool tls = true;           ///< https
  std::string host{};        ///< A name in lower case, or an IP address without brackets.
  std::uint16_t port = 443;  ///< 443 or 80 where the URL names none.
  std::string authority{};   ///< For the field Host: "example.org", "[2001:db8::1]:8443".
  std::string target{};      ///< Path and query: "/a?b"; never empty.

  /// "https://example.org/a?b"
  std::string to_string() const { return (tls ? "https://" : "http://") + authority + target; }
  /// True when both go to the same scheme, host and port.
  bool same_origin(const Url& other) const noexcept {
    return tls == other.tls && host == other.host && port == other.port;
  }

  /// Throws Error (Errc::url): for what is no absolute URL of http or https of 8,000 octets at most, has user information,
  /// or a host that can be none.
  static Url parse(std::string_view text);
  /// `reference`, the value of a field Location, as seen from this one (RFC 3986 section 5). Throws as parse().
  Url resolve(std::string_view reference) const;
};

}  // namespace posthouse::http
