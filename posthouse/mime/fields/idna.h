#pragma once
// Internationalized domain names (IDNA 2008 by UTS #46, non-transitional) in addresses (RFC 5890, RFC 6531).
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// "bücher.test" as "xn--bcher-kva.test": every label an A-label or plain ASCII, lower case. Address literals "[…]"
/// stay as they are. Nothing where it is no domain name: disallowed characters, a label over 63 octets, an empty label,
/// more than 253 octets in all. A last dot is dropped. Thread-safe.
std::optional<std::string> domain_to_ascii(std::string_view utf8);
/// "xn--bcher-kva.test" as "bücher.test", for people. Labels that are no valid A-labels stay as they are, so that the
/// result always names the same domain. Thread-safe.
std::string domain_to_unicode(std::string_view domain);

/// An addr-spec for servers without SMTPUTF8: "ann@bücher.test" as "ann@xn--bcher-kva.test". Nothing where the local
/// part is not ASCII (nobody but its own domain may change it, RFC 6531 section 3.2) or the domain is none.
std::optional<std::string> address_to_ascii(std::string_view addr);

}  // namespace posthouse::mime
