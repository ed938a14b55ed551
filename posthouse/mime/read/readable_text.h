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

/// All of a message that is read as text, Message::contents().text one after the other, an empty line between. Where they
/// have nothing in them: the text, or the HTML, of a winmail.dat.
std::string readable_text(const Message& message);

/// The beginning of a message in one line, for lists of messages: of the first text that has something in it, without
/// quotes, files inside it, and runs of white space; at most `characters` code points, the last of them "…" where there is more.
std::string preview(const Message& message, std::size_t characters = 200);
/// The same of a message's contents, for whoever has them.
std::string preview(const Contents& contents, std::size_t characters = 200);

}  // namespace posthouse::mime
