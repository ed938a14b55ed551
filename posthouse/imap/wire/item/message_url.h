#pragma once
// URLs of messages, as CATENATE has them (RFC 5092, RFC 4469, URL-PARTIAL of RFC 5550 section 2.7).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/imap/wire/item/section.h"

namespace posthouse::imap {

/// "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.2/;PARTIAL=0.1024".
struct MessageUrl {
  std::string server{};  ///< "imap://ann@one.test", of an absolute URL; empty where it means this server.
  /// UTF-8, as it is in the URL; empty for a URL ";UID=20" inside the selected mailbox.
  std::string mailbox{};
  std::optional<std::uint32_t> uid_validity{};
  std::uint32_t uid = 0;
  Section section{};
  /// A piece of it; a count of max_number64 is all from the offset on.
  std::optional<Partial> partial{};

  friend bool operator==(const MessageUrl&, const MessageUrl&) = default;
};

/// Nothing unless `text` is the URL of one message, or of a part of one; those with URLAUTH (RFC 4467) are not taken.
/// NO with [BADURL …] is the answer then (RFC 4469 section 4).
std::optional<MessageUrl> parse_message_url(std::string_view text);

}  // namespace posthouse::imap
