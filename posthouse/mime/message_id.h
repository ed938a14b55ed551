#pragma once
// Message ids (RFC 5322 section 3.6.4).
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// The ids in a Message-ID, References or In-Reply-To value, "<" and ">" included, white space and comments dropped.
std::vector<std::string> parse_message_ids(std::string_view value);

/// A new id "<…@domain>", unlike any other: 128 random bits.
std::string make_message_id(std::string_view domain);

}  // namespace posthouse::mime
