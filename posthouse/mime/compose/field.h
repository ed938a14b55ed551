#pragma once
// Fields to be written, checked by what their names ask for. Private to this module.
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/address.h"

namespace posthouse::mime {

/// The addresses a person typed. Throws Errc::address, Errc::header_injection, Errc::charset.
std::vector<Address> checked_list(std::string_view list);
/// "<id>" for "id" and "<id>". Throws Errc::header for what is no message id.
std::string checked_id(std::string_view id);
/// Throws Errc::header for what is no field name (RFC 5322 section 3.6.8) of at most 70 octets.
void check_field_name(std::string_view name);

/// Appends "Name: value" and CRLF. The value is what a person would write: addresses where the name asks for them,
/// message ids in References and the like, else text; folded and encoded as each needs. Content-* and MIME-Version take
/// ASCII only. Throws as the functions above.
void append_typed_field(std::string& out, std::string_view name, std::string_view value);
/// Appends "Name: value" and CRLF; the value is unstructured text, folded and encoded.
void append_field(std::string& out, std::string_view name, std::string_view value);
/// Appends "Name: list" and CRLF; nothing for an empty list.
void append_addresses(std::string& out, std::string_view name, const std::vector<Address>& list);

}  // namespace posthouse::mime
