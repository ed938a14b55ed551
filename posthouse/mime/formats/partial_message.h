#pragma once
// A message sent in pieces (message/partial, RFC 2046 section 5.2.2).
#include <optional>
#include <string>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// Which piece a message is.
struct PartialMessage {
  std::string id{};     ///< The same for all pieces of one message.
  unsigned number = 0;  ///< Counted from 1.
  unsigned total = 0;   ///< How many there are; 0 where this piece does not say (the last has to).

  friend bool operator==(const PartialMessage&, const PartialMessage&) = default;
};

/// Which piece of which message this one is; nothing where it is no message/partial with an id and a number.
std::optional<PartialMessage> partial_of(const Message& message);

/// The whole out of its pieces, in any order, a piece that is there twice taken once; ready for Message::parse. Its
/// header is that of the first piece, with the Content-*, Subject, Message-ID, Encrypted and MIME-Version fields of the
/// message inside instead of its own (RFC 2046 section 5.2.2.1). Nothing when a piece is missing, is of another
/// message, or none says how many there are. Never throws on what it reads.
std::optional<std::string> join_partial(const std::vector<Message>& pieces);

}  // namespace posthouse::mime
