#pragma once
// Message ids (RFC 5322 section 3.6.4).
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mime {

/// The ids in a Message-ID, References or In-Reply-To value, "<" and ">" included, white space, comments and phrases
/// ("your message of Monday") dropped. One that is not closed ends where the next begins; where there are no brackets
/// at all, words with "@" are ids as they are. Never throws; linear time.
std::vector<std::string> parse_message_ids(std::string_view value);

/// A new id "<…@domain>", unlike any other: 128 random bits.
std::string make_message_id(std::string_view domain);
/// The same with random numbers of the caller's: `random` gives 64 bits and is called twice.
std::string make_message_id(std::string_view domain, const std::function<std::uint64_t()>& random);

}  // namespace posthouse::mime
