#pragma once
// What of an ENVELOPE messages are sorted and threaded by. Private to the module.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/wire/item/envelope.h"

namespace posthouse::imap {

/// An ENVELOPE as on the wire; an empty one where it cannot be read.
Envelope envelope_of(const Message& message);

/// The moment a message was sent (RFC 5256 section 2.2): of its Date, else of its day, else its internal date. Wants size
/// and envelope.
std::chrono::sys_seconds sent_moment(const Message& message, const Envelope& envelope);

/// The beginning of `text` in the form it is compared in: at most `most` octets.
std::string comparable(std::string_view text, std::size_t most);

/// What stands for the first address of a list (RFC 5256 section 3): its mailbox, or the name of a group.
std::string address_key(const std::vector<EnvelopeAddress>& addresses);
/// The same as a person reads it (RFC 5957): the display name, else the address.
std::string display_key(const std::vector<EnvelopeAddress>& addresses);

}  // namespace posthouse::imap
