#pragma once
// Where mail for a domain goes when the answer does not come from the DNS.
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace posthouse::relay {

/// How a connection to the next server is protected.
enum class RouteTls {
  none,           ///< Plain text, even where STARTTLS is offered.
  opportunistic,  ///< STARTTLS where it is offered, with any certificate; else plain text (RFC 7435). The default.
  starttls,       ///< STARTTLS with a certificate that verifies, or no delivery.
  implicit,       ///< TLS from the first octet with a certificate that verifies, or no delivery.
};

/// "none", "opportunistic", "starttls" or "implicit".
std::string_view to_string(RouteTls tls) noexcept;

/// One fixed next hop.
struct Route {
  std::string host{};       ///< Name or IP literal (IPv6 without brackets). Its MX records are not asked for.
  std::uint16_t port = 25;  ///< 1 to 65535.
  RouteTls tls = RouteTls::opportunistic;
  std::string ca_file{};  ///< Certificates to trust instead of the system's, for starttls and implicit.

  auto operator<=>(const Route&) const = default;
};

/// Routes by recipient domain. The key "*" is the route of every domain that has none of its own (a smart host).
class Routes {
 public:
  /// Adds or replaces the route of `domain`, whose two spellings (bücher.test, xn--bcher-kva.test) are one, case aside.
  void set(std::string_view domain, Route route);
  /// The route of `domain`, else that of "*", else null. Valid until the next set().
  const Route* find(std::string_view domain) const;
  bool empty() const noexcept { return routes_.empty(); }
  const std::map<std::string, Route, std::less<>>& all() const noexcept { return routes_; }

 private:
  std::map<std::string, Route, std::less<>> routes_;
};

/// Reads "HOST", "HOST:PORT", "1.2.3.4:25" or "[::1]:25". A port that is left out is 25.
/// Throws Error (Errc::route) when `text` is none of them.
Route parse_route_target(std::string_view text);

}  // namespace posthouse::relay
