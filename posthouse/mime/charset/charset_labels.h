#pragma once
// What charset labels mean. Private to this module.
#include <string_view>

namespace posthouse::mime {

/// The converter for a label: the WHATWG Encoding Standard's meaning, then mail's own, then the same with
/// letters and digits alone compared, then whatever ICU knows by that name; empty when nobody knows it. "UTF-8",
/// "ASCII" (windows-1252), "UTF-16" and "ISO-8859-16" are for the caller to handle, all others are names of ICU
/// converters. `label` may be padded and in any case. The view is static, or points into ICU's tables, which live as
/// long as the process.
std::string_view converter_name(std::string_view label);

}  // namespace posthouse::mime
