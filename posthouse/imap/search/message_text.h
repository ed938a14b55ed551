#pragma once
// The text of a message that a search looks through. Private to the module.
//
// Header fields are text with encoded words (RFC 2047) decoded; address fields count a second time as "name <address>",
// names of files a second time with RFC 2231 decoded. Bodies are those of text and message parts, their transfer encoding
// and charset decoded, HTML as what a person reads of it; preambles, and parts of other types, have no text
// (RFC 9051 section 6.4.4).
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {

/// Whom a text belongs to: the header of TEXT is that of the message and those of its parts; the header of an embedded
/// message is in the body.
enum class TextPlace : std::uint8_t { header, body };

/// Gets one text (UTF-8) after the other; returns false to have no more.
using TextSink = std::function<bool(TextPlace, std::string_view)>;

/// A raw value of a field or ENVELOPE as text: unfolded, encoded words decoded. `charset` is what octets that are not UTF-8
/// may be in; guessed where it is empty.
std::string decoded_value(std::string_view raw, std::string_view charset = {});

/// "Ann <ann@one.test>, Team: bob@two.test;" with names decoded.
std::string address_text(const std::vector<EnvelopeAddress>& addresses);

/// All texts of a message, or of a part of one, whose own header belongs to `own_header`. False when the sink had enough.
bool each_text(const mime::Message& message, TextPlace own_header, const TextSink& sink);

/// Gives octets of one message to its sink as OpenMailbox::read(); false when the message has gone.
using OctetReader =
    std::function<bool(std::uint64_t offset, std::uint64_t size, const std::function<bool(std::string_view)>& sink)>;
/// Of a message in a mailbox, which must outlive it.
OctetReader octets_of(OpenMailbox& mailbox, std::uint32_t uid);

/// The same of a message that is too large for Message::content, read part by part: what is no text is passed over. At most
/// `most_part_text` octets of a part's encoded text are looked through, and 1 MiB of its header. `parts` are those of
/// Message::parts. False when the sink had enough, or the message has gone.
bool each_text_of_large(const OctetReader& reader, std::uint64_t size, std::string_view parts, const TextSink& sink);
inline constexpr std::uint64_t most_part_text = 4 * 1024 * 1024;

/// The beginning of a message, with its whole header where that is not larger than 1 MiB. Empty when it has gone.
std::string read_header(const OctetReader& reader, std::uint64_t size);

}  // namespace posthouse::imap
