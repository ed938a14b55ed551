#pragma once
// Net-Unicode (RFC 5198): text that looks the same wherever it is compared. Names of mailboxes are in it (RFC 9051 section
// 5.1).
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mime {

/// `text` as Net-Unicode (RFC 5198): in normalization form C. Nothing where it is not UTF-8 or has control characters,
/// U+2028 or U+2029 in it, which RFC 9051 section 5.1 forbids.
std::optional<std::string> net_unicode(std::string_view text);

}  // namespace posthouse::mime
