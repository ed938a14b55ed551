#pragma once
// A request as it is sent (RFC 9112 section 3).
#include <string>
#include <string_view>

#include "posthouse/http/wire/message.h"
#include "posthouse/http/wire/url.h"

namespace posthouse::http {

/// Header and body. Throws Error (Errc::request) for a field whose name is no token, is the client's own (Host,
/// Content-Length, Transfer-Encoding, Connection, …) or whose value has control characters: nothing can be smuggled in.
std::string request_octets(const Request& request, const Url& url, std::string_view user_agent);

}  // namespace posthouse::http
