#pragma once
// What a server found out about a message's origin (RFC 8601).
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// "header.from=example.test": what a result is about.
struct AuthenticationProperty {
  std::string type{};   ///< "smtp", "header", "body", "policy": lower case.
  std::string name{};   ///< "from", "mailfrom", "d": lower case.
  std::string value{};  ///< "example.test", unquoted.

  friend bool operator==(const AuthenticationProperty&, const AuthenticationProperty&) = default;
};

/// "dkim=pass (2048-bit key) reason="…" header.d=example.test": the result of one method.
struct AuthenticationResult {
  std::string method{};   ///< "spf", "dkim", "dmarc", "arc", "auth", "iprev": lower case.
  unsigned version = 1;   ///< Of the method.
  std::string result{};   ///< "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror": lower case.
  std::string reason{};   ///< Why, for people; unquoted.
  std::string comment{};  ///< All comments of this result, joined by blanks.
  std::vector<AuthenticationProperty> properties{};  ///< What was looked at.

  /// The value of "type.name" ("header.d"); nullptr when there is none.
  const std::string* find(std::string_view property) const noexcept;
};

/// One Authentication-Results field. Believe it only where `authserv_id` is a server you trust that removes such fields
/// from what comes in from outside (RFC 8601 section 5).
struct AuthenticationResults {
  std::string authserv_id{};                    ///< Who says so: mostly a server's name.
  unsigned version = 1;                         ///< Of the field's form.
  unsigned instance = 0;                        ///< The "i=" of an ARC-Authentication-Results (RFC 8617); else 0.
  std::vector<AuthenticationResult> results{};  ///< Empty for "none".
  bool valid = true;                            ///< The whole field follows the grammar.

  /// The first result of a method; nullptr when there is none.
  const AuthenticationResult* find(std::string_view method) const noexcept;
};

/// Reads the raw value of an Authentication-Results or ARC-Authentication-Results field. Best effort: a piece between
/// ";" that is no result is left out and makes `valid` false. At most 1,000 results and properties. Never throws;
/// linear time.
///
///     authres-payload = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS]
///     resinfo         = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]
///     methodspec      = [CFWS] method [CFWS] "=" [CFWS] result
///     propspec        = ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue
AuthenticationResults parse_authentication_results(std::string_view raw_value);

}  // namespace posthouse::mime
