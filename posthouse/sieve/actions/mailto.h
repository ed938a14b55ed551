#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::sieve {

/// A "mailto:" URI (RFC 6068), decoded.
struct Mailto {
  std::vector<std::string> to{};   ///< Mailboxes as header fields have them; valid.
  std::vector<std::string> cc{};   ///< Likewise.
  std::vector<std::string> bcc{};  ///< Likewise.
  std::optional<std::string> subject{};
  std::optional<std::string> body{};
  /// Other fields; those that nobody else may set (From, Date, Received, Auto-Submitted, …) are left out (RFC 5436
  /// section 2.3).
  std::vector<std::pair<std::string, std::string>> fields{};
};

/// Reads a URI; nothing where it is no "mailto:" or broken; `why` then says what is wrong.
std::optional<Mailto> parse_mailto(std::string_view uri, std::string& why);

/// "%XX" for all but the unreserved characters of RFC 3986, at most `limit` octets, no character of UTF-8 cut in two.
std::string encode_url(std::string_view text, std::size_t limit);

}  // namespace posthouse::sieve
