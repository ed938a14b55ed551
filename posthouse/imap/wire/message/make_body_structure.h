#pragma once
// The BODYSTRUCTURE of a message.
#include "posthouse/imap/wire/item/body_structure.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {

/// What the message is made of, whatever its quality; iterative. Types, encodings and names of parameters are in upper
/// case, values as they are in the message, encoded words and RFC 2231's marks included. Without a Content-Type it is
/// TEXT PLAIN with CHARSET US-ASCII (RFC 2045 section 5.2). A multipart without parts has one, a TEXT PLAIN that is its
/// whole body. An embedded message that could not be parsed (it is encoded, or nested too deep) has an envelope of NIL
/// and an empty text.
///
///     std::string text;
///     append_body_structure(text, make_body_structure(message), BodyForm::structure);
BodyStructure make_body_structure(const mime::Message& message);

}  // namespace posthouse::imap
