#pragma once
// What became of a mailbox since a client last looked.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

/// What a client knows of a mailbox: a value to be kept until the next Client::changes_since(). Small: UIDs are ranges,
/// and flags are kept only where the server cannot tell which have changed, by the messages that have them.
struct MailboxState {
  std::uint32_t uid_validity = 0;  ///< 0: nothing is known yet.
  std::uint32_t uid_next = 0;
  std::uint64_t modseq = 0;  ///< All changes up to this one are known (RFC 7162); 0: the mailbox has none.
  NumberSet uids{};          ///< Of all messages.
  std::vector<std::pair<Flags, NumberSet>> flags{};

  /// A text of some lines, for a file or a column.
  std::string to_string() const;
  /// to_string() undone; nothing when `text` is none of its texts.
  static std::optional<MailboxState> parse(std::string_view text);
  friend bool operator==(const MailboxState&, const MailboxState&) = default;
};

/// A message that is new, or has other flags than before.
struct ChangedMessage {
  std::uint32_t uid = 0;
  bool is_new = false;
  Flags flags{};
  friend bool operator==(const ChangedMessage&, const ChangedMessage&) = default;
};

/// How the changes were found.
enum class SyncWay : std::uint8_t {
  qresync,    ///< The server told them (QRESYNC, RFC 7162 section 3.2).
  condstore,  ///< It told the flags; what is gone was found by comparing UIDs (section 6 there).
  compare,    ///< By comparing UIDs and flags of all messages.
};

/// What became of a mailbox.
struct MailboxChanges {
  /// The mailbox is another one than before (UIDVALIDITY), or was not known: forget all; every message is new.
  bool anew = false;
  std::vector<ChangedMessage> messages{};  ///< New or changed, by UID; a message that did not change may be among them.
  NumberSet vanished{};                    ///< Messages that are no more.
  SyncWay way = SyncWay::compare;
  MailboxState state{};  ///< To be kept for the next time, when all of the above has been taken over.
};

}  // namespace posthouse::imap
