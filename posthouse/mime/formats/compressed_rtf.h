#pragma once
// Rich text as Outlook packs it (MS-OXRTFCP). Private to this module.
#include <cstddef>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// The text of a compressed-RTF value, at most `limit` octets; `ok` is set to false where it is broken or longer.
std::string decompress_rtf(std::string_view octets, std::size_t limit, bool& ok);

}  // namespace posthouse::mime
