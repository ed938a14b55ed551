#pragma once
// What STATUS tells of a mailbox.
#include <cstdint>
#include <optional>
#include <string_view>

namespace posthouse::imap {

/// What STATUS tells (RFC 9051 section 6.3.11 and extensions).
enum class StatusItem : std::uint8_t {
  messages,
  recent,
  uid_next,
  uid_validity,
  unseen,
  deleted,
  deleted_storage,  ///< DELETED-STORAGE (RFC 9208).
  size,             ///< SIZE (RFC 8438).
  highest_modseq,   ///< HIGHESTMODSEQ (RFC 7162).
  append_limit,     ///< APPENDLIMIT (RFC 7889).
  mailbox_id,       ///< MAILBOXID (RFC 8474).
};
std::string_view name_of(StatusItem item) noexcept;
/// By its name, ASCII case aside.
std::optional<StatusItem> status_item(std::string_view name) noexcept;

}  // namespace posthouse::imap
