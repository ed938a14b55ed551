#pragma once
// Internationalized domain names: IDNA 2008 (RFC 5891) with the mapping of UTS #46, non-transitional. The one place of
// the house that knows; what needs a domain as a value takes mail::Domain.
#include <optional>
#include <string>
#include <string_view>

namespace posthouse {

/// "Bücher.test" as "xn--bcher-kva.test": lower case, every label an A-label or plain ASCII (RFC 5890 section 2.3.2.1).
/// `name` is UTF-8; a last dot is dropped. Nothing where it is no domain name:
///  - an octet of ASCII that is no letter, digit, hyphen or underscore (underscores stand in names of the DNS that are no
///    hosts), a label that begins or ends with a hyphen, an empty one, one over 63 octets, more than 253 octets in all;
///  - a letter that IDNA 2008 does not allow (RFC 5892), or not there (RFC 5893 for right-to-left, CONTEXTJ).
/// A name in ASCII is not taken apart: "xn--a.test" names a domain to the DNS, though it stands for no U-label.
/// `why`, when given, gets the reason, which lives for ever. Thread-safe.
///
///     posthouse::domain_to_ascii("例子.测试");  // "xn--fsqu00a.xn--0zwm56d"
std::optional<std::string> domain_to_ascii(std::string_view name, std::string_view* why = nullptr);

/// "xn--bcher-kva.test" as "bücher.test", for people. A name with an A-label that is not valid comes back as it is, so
/// that the result always names the same domain: domain_to_ascii of both is the same. Thread-safe.
std::string domain_to_unicode(std::string_view name);

}  // namespace posthouse
