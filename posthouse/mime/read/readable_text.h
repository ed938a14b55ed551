#pragma once
// What a person reads of a message.
#include <cstddef>
#include <string>
#include <string_view>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// A text part as text to read, LF line ends: HTML as html_to_text makes it, flowed paragraphs in one piece (RFC 3676),
/// everything else as it is. "" for a part that is no text.
std::string readable_text(const Part& part);

/// The beginning of a message in one line, for lists of messages: its plain text, else its HTML, without quotes, files
/// inside it, and runs of white space; at most `characters` code points, the last of them "…" where there is more.
std::string preview(const Message& message, std::size_t characters = 200);

}  // namespace posthouse::mime
