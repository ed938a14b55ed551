#pragma once
// The URL of a database server. Private to this module.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sql {

/// scheme://user:password@host:port/database?name=value&… , percent-decoded.
struct Url {
  std::string scheme{};
  std::string user{};
  std::string password{};
  std::string host{};      ///< Without the brackets of an IPv6 address; empty when absent.
  std::uint16_t port = 0;  ///< 0 when absent.
  std::string database{};  ///< The path without its first slash.
  std::map<std::string, std::string, std::less<>> parameters{};

  /// A parameter, removed from `parameters` so that what is left is what nobody knows.
  std::optional<std::string> take(std::string_view name);
};

/// Throws Error (usage), which does not repeat the URL: it may hold a password.
Url parse_url(std::string_view text);

}  // namespace posthouse::sql
