#pragma once
// One spelling for a password that can be typed in several.
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::sasl {

/// `password` (UTF-8) as SASLprep has it (RFC 4013): compatibility forms, such as full-width letters, and spaces of all
/// kinds become one spelling. Characters that Unicode did not have then (3.2) stay as they are. Printable ASCII is never
/// changed. Nothing for what SASLprep prohibits (control characters, text that mixes directions against its rules), what is
/// no UTF-8, and what nothing would be left of.
std::optional<std::string> prepare_password(std::string_view password);

}  // namespace posthouse::sasl
