#pragma once
// Names of hosts as people write them.
#include <string>
#include <string_view>

namespace posthouse::net {

/// The name as the DNS and certificates know it: "bücher.example" becomes "xn--bcher-kva.example" (A-labels, IDNA 2008,
/// RFC 5891). A name of ASCII alone comes back as it is. `name` is UTF-8. Throws Error (Errc::name_not_found, not
/// retryable) for what cannot be the name of a host: not UTF-8, not allowed by IDNA, too long.
///
/// Connecting by name and the resolvers do this by themselves.
std::string to_ascii_host(std::string_view name);

}  // namespace posthouse::net
