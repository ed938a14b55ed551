#pragma once
// Mailboxes by name: what may be done to them within Store::write and asked within Store::read.
//
// Names are Net-Unicode (RFC 5198, so in normalization form C), with "/" between the levels of the hierarchy; every
// function takes any Net-Unicode spelling and INBOX in any case. A mailbox need not have a superior one. Changes of
// mailboxes take a MODSEQ of their account and are told (changes/change.h).
//
// Every function that changes something throws store::Error no_such_account.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// What a mailbox is for (RFC 6154, RFC 8457), a bit each.
enum class SpecialUse : std::uint8_t {
  none = 0,
  all = 1 << 0,
  archive = 1 << 1,
  drafts = 1 << 2,
  flagged = 1 << 3,
  junk = 1 << 4,
  sent = 1 << 5,
  trash = 1 << 6,
  important = 1 << 7
};
constexpr SpecialUse operator|(SpecialUse a, SpecialUse b) noexcept {
  return static_cast<SpecialUse>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(SpecialUse all, SpecialUse one) noexcept {
  return (static_cast<unsigned>(all) & static_cast<unsigned>(one)) != 0;
}

/// A mailbox and its counters: all that SELECT and STATUS have to know, of one row.
struct Mailbox {
  MailboxId id = 0;
  AccountId account = 0;
  std::string name{};
  std::uint32_t uidvalidity = 0;
  std::uint64_t uidnext = 1;
  std::uint64_t highestmodseq = 0;
  std::uint64_t messages = 0;
  std::uint64_t unseen = 0;         ///< messages without "\Seen"
  std::uint64_t deleted = 0;        ///< messages with "\Deleted"
  std::uint64_t octets = 0;         ///< of all messages, as their reader gets them
  std::uint64_t expunge_floor = 0;  ///< MODSEQ; what was expunged up to it is not known any more
  SpecialUse special_use = SpecialUse::none;
  std::uint64_t recent_uid = 1;  ///< of messages from this UID on no client has been told (raise_recent)

  friend bool operator==(const Mailbox&, const Mailbox&) = default;
};

/// The mailbox called INBOX of `account`. Throws store::Error no_such_mailbox.
Mailbox inbox(Read& read, AccountId account);
/// Nothing also where it was removed.
std::optional<Mailbox> find_mailbox(Read& read, MailboxId mailbox);
std::optional<Mailbox> find_mailbox(Read& read, AccountId account, std::string_view name);
/// Those of `mailboxes` that are there, in no order. Some dozens at a time.
std::vector<Mailbox> find_mailboxes(Read& read, std::span<const MailboxId> mailboxes);
/// All of `account`, by name, octet by octet.
std::vector<Mailbox> list_mailboxes(Read& read, AccountId account);

/// `name` as rows have it, "INBOX" and "INBOX/…" in capitals. Nothing when no mailbox may have that name: it is not
/// Net-Unicode, is longer than 255 characters, has a level that is empty, or one of the wildcards of LIST ("*", "%") in it.
std::optional<std::string> normalize_mailbox_name(std::string_view name);

/// Makes a mailbox (RFC 9051 section 6.3.4) and those above it that are not there. Its UIDVALIDITY is higher than that of
/// any mailbox the account has had. Others have the rights to it that they have to the one above it (mailboxes/rights.h). Throws store::Error invalid_name, exists.
Mailbox create_mailbox(Write& write, AccountId account, std::string_view name,
                       SpecialUse special_use = SpecialUse::none);

/// Renames a mailbox and all below it (RFC 9051 section 6.3.6); subscriptions stay as they are. Of INBOX, what it holds
/// goes to a new mailbox and what is below it stays: its row gets the new name, and another one becomes INBOX. UIDVALIDITY
/// changes only where a mailbox of the new name may have had a higher one. Throws store::Error no_such_mailbox; exists,
/// also when there is a mailbox in the way of one below; invalid_name, also for a name below the old one.
void rename_mailbox(Write& write, AccountId account, std::string_view from, std::string_view to);

/// Removes a mailbox (RFC 9051 section 6.3.5), but not those below it. For everybody it is gone with this job; what it
/// holds is removed by the store's housekeeper, some hundred messages a transaction. Throws store::Error no_such_mailbox;
/// invalid_name for INBOX.
void remove_mailbox(Write& write, AccountId account, std::string_view name);

/// Clients have been told of the messages below `uid` ("\Recent", RFC 3501 section 2.3.2). The mark never goes back; no
/// MODSEQ is taken, and nothing told.
void raise_recent(Write& write, MailboxId mailbox, std::uint64_t uid);

/// Subscribes to a name (RFC 9051 section 6.3.7), whether or not there is a mailbox of that name. False when it was
/// subscribed to already. Throws store::Error invalid_name.
bool subscribe(Write& write, AccountId account, std::string_view name);
/// False when it was not subscribed to.
bool unsubscribe(Write& write, AccountId account, std::string_view name);
/// The names that `account` is subscribed to, octet by octet.
std::vector<std::string> subscriptions(Read& read, AccountId account);

/// The language that names of mailboxes are made in.
enum class Language : std::uint8_t { english, chinese };

/// Makes the mailboxes of a new account, which it is subscribed to: INBOX, and Sent, Drafts, Trash, Junk and Archive with
/// these special uses and names of `language`. Returns INBOX.
Mailbox create_first_mailboxes(Write& write, AccountId account, Language language = Language::english);

/// As find_mailbox, but also one that was removed. Private to this module.
std::optional<Mailbox> find_mailbox_row(sql::Connection& db, MailboxId mailbox);

}  // namespace posthouse::store
