#pragma once
// What an index for searches has to know of a message: all texts in which search() may find something. An index that is made
// of them, and compares as search() does, misses no message.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/command/search.h"

namespace posthouse::imap {

/// Where keys look for their text. Fields that have no place of their own are in `header`, which has all fields.
enum class IndexedPlace : std::uint8_t { from, to, cc, bcc, subject, header, body };

/// A message as a server keeps it.
struct IndexedMessage {
  std::uint64_t size = 0;
  std::string_view envelope{};                ///< as Message::envelope
  std::string_view parts{};                   ///< as Message::parts; of messages larger than Message::most_content
  std::optional<std::string_view> content{};  ///< all of it, unless it is larger than that; then:
  /// Gives octets of it to the sink; false when it has gone.
  std::function<bool(std::uint64_t offset, std::uint64_t size, const std::function<bool(std::string_view)>& sink)>
      read{};
};

/// Gives all texts (UTF-8, not yet folded) of a message to `sink`, many of them more than once. No search finds a text that
/// begins in one of them and ends in another. False when the message has gone.
bool each_indexed_text(const IndexedMessage& message, const std::function<void(IndexedPlace, std::string_view)>& sink);

/// Where a key looks for its text: a message that matches has it in one of these places. Empty: it looks for no text.
std::vector<IndexedPlace> indexed_places(const SearchKey& key);

/// By which rules texts are made. An index that was made by others is of no use: the rules of this house, and those by
/// which characters are compared.
std::string indexed_text_format();

}  // namespace posthouse::imap
