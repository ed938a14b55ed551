#pragma once
// Writes Authentication-Results fields (RFC 8601). Reading: posthouse/mime/fields/authentication_results.h.
#include <string>
#include <string_view>

#include "posthouse/mime/fields/authentication_results.h"

namespace posthouse::mailauth {

/// The value of an Authentication-Results field, folded, without the field's name and its last line end; no results is
/// "none". The same with `results.instance` other than 0 is that of an ARC-Authentication-Results (RFC 8617 section
/// 4.1.1). Whatever came from outside cannot break out of its place: it is quoted, and control octets become "?". A
/// result's comment stands behind its verdict. Lines are kept to 78 octets where the content allows it.
///
///     write_authentication_results({.authserv_id = "mx.example.org", .results = {…}})
///     // "mx.example.org;\r\n\tspf=pass smtp.mailfrom=example.net;\r\n\tdkim=pass …"
///
/// Throws Error: Errc::name when `authserv_id` is empty or has control octets, Errc::field when a method, a verdict or
/// the type or name of a property is no keyword (RFC 8601 section 2.2).
std::string write_authentication_results(const mime::AuthenticationResults& results);

/// The whole field, with its name and its line end.
std::string authentication_results_field(const mime::AuthenticationResults& results);

}  // namespace posthouse::mailauth
