#pragma once
// Groups of fields, as the machine-readable part of a report has them. Not for users of the module.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/header.h"

namespace posthouse::mime {

/// "name: value" lines up to an empty one (RFC 3464 section 2.1). A view of the octets given.
using StatusGroup = HeaderBlock;

/// The groups of `content`, empty ones left out; at most `limit`. Linear time.
std::vector<StatusGroup> split_status_groups(std::string_view content, std::size_t limit);

/// The value of "rfc822; ann@one.test" (RFC 3464 section 2.1.2); all of it where there is no type. RFC 6533's
/// "utf-8; \x{5F20}@one.test" is decoded.
std::string typed_value(std::string_view text);

}  // namespace posthouse::mime
