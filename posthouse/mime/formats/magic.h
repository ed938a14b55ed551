#pragma once
// Files known by what they begin with. Private to this module.
#include <string_view>

namespace posthouse::mime {

/// The media type of a file that begins so; empty where nothing is known of it. Linear in the size of `beginning`.
std::string_view media_type_by_content(std::string_view beginning) noexcept;

}  // namespace posthouse::mime
