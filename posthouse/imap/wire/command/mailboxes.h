#pragma once
// What LIST, STATUS, NOTIFY and ESEARCH ask of mailboxes.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/wire/command/fetch.h"
#include "posthouse/imap/wire/item/status_item.h"
#include "posthouse/imap/wire/text/mailbox_name.h"

namespace posthouse::imap {

/// LIST's options to select by (RFC 5258 section 3.1, RFC 6154).
struct ListSelection {
  bool subscribed = false;
  bool remote = false;
  bool recursive_match = false;
  bool special_use = false;
  friend bool operator==(const ListSelection&, const ListSelection&) = default;
};

/// LIST's options of what to return (RFC 5258 section 3.2, RFC 5819, RFC 6154, RFC 8440, RFC 9590).
struct ListReturn {
  bool subscribed = false;
  bool children = false;
  bool special_use = false;
  bool my_rights = false;
  std::vector<StatusItem> status{};
  std::vector<std::string> metadata{};  ///< Names of entries.
  friend bool operator==(const ListReturn&, const ListReturn&) = default;
};

/// Which mailboxes NOTIFY (RFC 5465 section 6) or ESEARCH (RFC 7377) mean.
enum class MailboxScope : std::uint8_t {
  selected,
  selected_delayed,  ///< Of NOTIFY: expunges wait for a command that may tell them.
  inboxes,
  personal,
  subscribed,
  subtree,      ///< `names` and all below them.
  subtree_one,  ///< `names` and one level below them (RFC 7377).
  mailboxes,    ///< `names` alone.
};

std::string_view name_of(MailboxScope scope) noexcept;

struct MailboxFilter {
  MailboxScope scope = MailboxScope::selected;
  std::vector<MailboxName> names{};
  friend bool operator==(const MailboxFilter&, const MailboxFilter&) = default;
};

/// What NOTIFY wants to hear of (RFC 5465 section 5). All false: NONE.
struct NotifyEvents {
  bool message_new = false;
  std::vector<FetchItem> new_items{};  ///< What to tell of new messages.
  bool message_expunge = false;
  bool flag_change = false;
  bool annotation_change = false;
  bool mailbox_name = false;
  bool subscription_change = false;
  bool mailbox_metadata_change = false;
  bool server_metadata_change = false;
  friend bool operator==(const NotifyEvents&, const NotifyEvents&) = default;
};

struct NotifyGroup {
  MailboxFilter filter{};
  NotifyEvents events{};
  friend bool operator==(const NotifyGroup&, const NotifyGroup&) = default;
};

}  // namespace posthouse::imap
