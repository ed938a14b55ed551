#pragma once
// ENVELOPE (RFC 9051 section 7.5.2): what a list of messages shows.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/text/cursor.h"

namespace posthouse::imap {

/// One entry of a list of addresses. A group is an entry whose host is NIL and whose mailbox is its name, its members,
/// and an entry that is NIL altogether.
struct EnvelopeAddress {
  std::optional<std::string> name{};     ///< The display name; encoded words (RFC 2047) are still encoded.
  std::optional<std::string> route{};    ///< The source route of long ago: "@relay.test".
  std::optional<std::string> mailbox{};  ///< The local part without quotes, or the name of a group; NIL ends one.
  std::optional<std::string> host{};     ///< The domain; NIL for the ends of a group.

  friend bool operator==(const EnvelopeAddress&, const EnvelopeAddress&) = default;
};

/// The ten fields. Texts are as they are in the message, unfolded, nothing decoded; an empty list is NIL.
struct Envelope {
  std::optional<std::string> date{};
  std::optional<std::string> subject{};
  std::vector<EnvelopeAddress> from{};
  std::vector<EnvelopeAddress> sender{};    ///< The same as `from` where the message has none.
  std::vector<EnvelopeAddress> reply_to{};  ///< The same as `from` where the message has none.
  std::vector<EnvelopeAddress> to{};
  std::vector<EnvelopeAddress> cc{};
  std::vector<EnvelopeAddress> bcc{};
  std::optional<std::string> in_reply_to{};
  std::optional<std::string> message_id{};

  friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// Writes it with its parentheses. Octets above 127 make a literal, so that the text is right whatever the client has
/// enabled.
void append_envelope(std::string& out, const Envelope& envelope);

/// How much of it a client takes.
inline constexpr std::size_t max_envelope_addresses = 100'000;

/// Reads one with its parentheses. Taken too: "()" for NIL, addresses without spaces or with more than one between
/// them, atoms for strings, and fields missing at the end.
std::optional<Envelope> read_envelope(Cursor& in);

}  // namespace posthouse::imap
