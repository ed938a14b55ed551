#pragma once
// The ENVELOPE of a message.
#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/mime/fields/header.h"

namespace posthouse::imap {

/// What RFC 9051 section 7.5.2 takes from a header, whatever its quality. A field that is absent is NIL, one that is
/// empty an empty string; of addresses, all fields of the name count. Sender and Reply-To are From's where they are
/// absent or have no address. An address without a domain has an empty host, since NIL would begin a group.
///
///     std::string text;
///     append_envelope(text, make_envelope(message.headers()));
Envelope make_envelope(const mime::Headers& headers);

}  // namespace posthouse::imap
