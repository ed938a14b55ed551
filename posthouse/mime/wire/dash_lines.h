#pragma once
// Where boundary lines may be. Private to this module.
#include <cstddef>
#include <string_view>

namespace posthouse::mime {

/// The start of the first line at or after `at` (itself the start of a line) that begins with "--"; text.size() when
/// there is none.
std::size_t find_dash_line(std::string_view text, std::size_t at) noexcept;

}  // namespace posthouse::mime
