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

/// What is spoken with the next server.
enum class RouteProtocol {
  smtp,
  lmtp,  ///< RFC 2033: a server that delivers at once and answers for each recipient.
};

/// One fixed next hop.
struct Route {
  /// Name or IP literal (IPv6 without brackets), or "unix:/path". Its MX records are not asked for.
  std::string host{};
  std::uint16_t port = 25;  ///< 1 to 65535; 0 for a Unix socket.
  RouteTls tls = RouteTls::opportunistic;
  std::string ca_file{};  ///< Certificates to trust instead of the system's, for starttls and implicit.
  RouteProtocol protocol = RouteProtocol::smtp;
  std::string user{};  ///< Logs in by this name (RFC 4954); empty: it does not log in.
  /// Its password: not to be logged. Without TLS it is sent only where `tls` is RouteTls::none.
  std::string password{};

  bool is_unix() const noexcept { return host.starts_with("unix:"); }

  auto operator<=>(const Route&) const = default;
};

/// Routes by recipient domain and by sender. A route of the domain itself wins over one of the sender, that over the key
/// "*", the route of every domain that has none of its own (a smart host); as with Postfix's transport_maps,
/// sender_dependent_relayhost_maps and relayhost.
class Routes {
 public:
  /// Adds or replaces the route of `domain`, whose two spellings (bücher.test, xn--bcher-kva.test) are one, case aside.
  void set(std::string_view domain, Route route);
  /// The route of `domain`, else that of "*", else null. Valid until the next set().
  const Route* find(std::string_view domain) const;
  /// Adds or replaces the route of a sender: "ann@one.test", or "@one.test" for all of a domain, which comes second.
  void set_sender(std::string_view sender, Route route);
  /// The route of mail from `sender` to `domain`, or null. `sender` is a reverse-path, empty for the null sender, which
  /// has no route of its own. Valid until the next set() or set_sender().
  const Route* find(std::string_view domain, std::string_view sender) const;
  /// True when it can matter who the sender is.
  bool by_sender() const noexcept { return !senders_.empty(); }
  bool empty() const noexcept { return routes_.empty() && senders_.empty(); }
  const std::map<std::string, Route, std::less<>>& all() const noexcept { return routes_; }

 private:
  const Route* of(std::string_view domain_key) const;

  std::map<std::string, Route, std::less<>> routes_;
  std::map<std::string, Route, std::less<>> senders_;
};

/// Reads "HOST", "HOST:PORT", "1.2.3.4:25", "[::1]:25" or "unix:/path". A port that is left out is 25.
/// Throws Error (Errc::route) when `text` is none of them.
Route parse_route_target(std::string_view text);

}  // namespace posthouse::relay
