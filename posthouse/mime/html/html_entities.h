#pragma once
// Named character references of HTML. Private to this module.
#include <string_view>

namespace posthouse::mime {

/// The code point "eacute" stands for (without "&" and ";"); 0 for a name nobody knows.
char32_t html_entity(std::string_view name) noexcept;

}  // namespace posthouse::mime
